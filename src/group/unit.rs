use super::{Group, Width, sealed};
use crate::error::Failures;
use crate::hold::Hold;
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
impl Group for () {
    fn hold_in<W: Width>(&mut self, _: W) -> impl Hold<Guard = (), Error = Failures> {
        self.hold()
    }
}
