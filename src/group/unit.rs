use super::{Group, sealed};
use crate::error::Failures;
use crate::outcome::Outcome;
use crate::resource::Resource;

/// The group without members: it enters and exits at once (law `unit`).
impl Resource for () {
    type Guard = ();
    type Error = Failures;

    async fn enter(&mut self) -> Result<(), Failures> {
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Failures> {
        Ok(())
    }
}

impl sealed::Sealed for () {}
impl Group for () {}
