use super::{Group, Width, sealed};
use crate::error::{Failures, Phase};
use crate::hold::{Borrower, Convert, Cut, Entry, Exit, Hold};
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

    fn hold(&mut self) -> impl Hold<Guard = (), Error = Failures> {
        Nobody
    }

    fn into_hold(self) -> impl Hold<Guard = (), Error = Failures> {
        Nobody
    }
}

impl sealed::Sealed for () {}
impl Group for () {
    fn hold_in<W: Width>(&mut self, _: W) -> impl Hold<Guard = (), Error = Failures> {
        Nobody
    }

    fn into_hold_in<W: Width>(self, _: W) -> impl Hold<Guard = (), Error = Failures> {
        Nobody
    }
}

/// The hold of the group without members.
struct Nobody;

impl Hold for Nobody {
    type Guard = ();
    type Error = Failures;

    fn observe(&mut self, _: &MemberPath) {}

    fn enter(&mut self, _: Entry<'_>) -> impl Future<Output = bool> + Send {
        ready(true)
    }

    fn exit(&mut self, _: &Exit<'_>) -> impl Future<Output = bool> + Send {
        ready(true)
    }

    fn take(&mut self) {}

    fn put(&mut self, _: Option<()>, _: Borrower) -> bool {
        true
    }

    fn abandon(&mut self) {}

    fn cut(&mut self, _: Cut) {}

    fn is_in(&self) -> bool {
        false
    }

    fn reach(&self) -> usize {
        0
    }

    fn failures(&mut self, _: Phase, _: Convert<'_, Failures>) -> Failures {
        Failures::default()
    }

    hold_of_group!("tuple");
}
