use super::{Group, sealed};
use crate::error::{Failures, Phase};
use crate::member::{Borrower, EnterContext, ExitContext, Hold, HoldToken, Interruption, MapError};
use crate::observe::MemberPath;
use crate::outcome::Outcome;
use crate::resource::Resource;
use core::future::{Future, ready};

/// The group without members. It enters and exits immediately (law `unit`).
impl Resource for () {
    type Guard = ();
    type Error = Failures;

    async fn enter(&mut self) -> Result<(), Failures> {
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Failures> {
        Ok(())
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = (), Error = Failures> {
        Nobody
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = (), Error = Failures> {
        Nobody
    }
}

impl sealed::Sealed for () {}
impl Group for () {}

/// The hold of the group without members.
struct Nobody;

impl Hold for Nobody {
    type Guard = ();
    type Error = Failures;

    fn observe(&mut self, _: &MemberPath) {}

    fn enter(&mut self, _: EnterContext<'_>) -> impl Future<Output = bool> + Send {
        ready(true)
    }

    fn exit(&mut self, _: ExitContext<'_>) -> impl Future<Output = bool> + Send {
        ready(true)
    }

    fn take(&mut self) {}

    fn put(&mut self, _: Option<()>, _: Borrower) -> bool {
        true
    }

    fn abandon(&mut self) {}

    fn interrupt(&mut self, _: Interruption) {}

    fn is_in(&self) -> bool {
        false
    }

    fn reach(&self) -> usize {
        0
    }

    fn failures(&mut self, _: Phase, _: MapError<'_, Failures>) -> Failures {
        Failures::default()
    }

    hold_of_group!("tuple");
}
