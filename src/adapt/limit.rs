use crate::error::{Failures, Phase};
use crate::group::{Group, sealed};
use crate::member::{EnterContext, ExitContext, Hold, HoldToken, Interruption, MapError};
use crate::member_future::MemberFuture;
use crate::resource::Resource;
use core::future::Future;
use core::num::NonZeroUsize;

/// Limits the number of members of a group that are entered, or exited, at a time. Returned by
/// [`limit`](crate::ResourceExt::limit).
#[derive(Clone, Copy, Debug)]
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Limit<G> {
    group: G,
    most: NonZeroUsize,
}

impl<G> Limit<G> {
    #[track_caller]
    pub(super) fn new(group: G, most: usize) -> Self {
        Self { group, most: at_most(most) }
    }
}

/// Returns the number of members that may run at a time. Panics if it is 0.
#[track_caller]
pub(crate) fn at_most(most: usize) -> NonZeroUsize {
    NonZeroUsize::new(most).expect("a limit of 0 would never let a member in: give 1 or more")
}

impl<G: Group> Resource for Limit<G> {
    type Guard = G::Guard;
    type Error = Failures;

    by_hand!();
    delegate_resource!(group: abandon name);

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = G::Guard, Error = Failures> {
        Held { hold: self.group.hold(HoldToken), most: self.most }
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = G::Guard, Error = Failures> {
        Held { hold: self.group.into_hold(HoldToken), most: self.most }
    }
}

impl<G: Group> sealed::Sealed for Limit<G> {}
impl<G: Group> Group for Limit<G> {}

struct Held<H> {
    hold: H,
    most: NonZeroUsize,
}

impl<H: Hold> Hold for Held<H> {
    type Guard = H::Guard;
    type Error = Failures;

    fn enter(&mut self, entry: EnterContext<'_>) -> impl Future<Output = bool> + Send {
        self.hold.enter(entry.limited(self.most))
    }

    fn exit(&mut self, exit: ExitContext<'_>) -> impl Future<Output = bool> + Send {
        self.hold.exit(exit.limited(self.most))
    }

    fn enter_unwind(&mut self, entry: EnterContext<'_>) -> impl MemberFuture {
        self.hold.enter_unwind(entry.limited(self.most))
    }

    fn exit_unwind(&mut self, exit: ExitContext<'_>) -> impl MemberFuture {
        self.hold.exit_unwind(exit.limited(self.most))
    }

    forward_hold!(hold: attend observe take put show abandon interrupt is_in name_sets reach name);

    fn failures(&mut self, phase: Phase, map: MapError<'_, Failures>) -> Failures {
        self.hold.failures(phase, None).mapped(&self.hold.name(), phase, map)
    }

    hold_of_group!();
}
