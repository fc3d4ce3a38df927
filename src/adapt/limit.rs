use crate::error::{Failures, Phase};
use crate::group::{Free, Group, Width, sealed};
use crate::hold::{Convert, Cut, Entry, Hold};
use crate::resource::Resource;
use core::num::NonZeroUsize;

/// Limits the number of members of a group that are entered, or exited, at a time. Created by
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
        let most = NonZeroUsize::new(most).expect("a limit of 0 would never let a member in: give 1 or more");
        Self { group, most }
    }
}

impl<G: Group> Resource for Limit<G> {
    type Guard = G::Guard;
    type Error = Failures;

    by_hand!();

    fn abandon(&mut self, guard: G::Guard) {
        self.group.abandon(guard);
    }

    fn name(&self) -> &str {
        self.group.name()
    }

    fn hold(&mut self) -> impl Hold<Guard = G::Guard, Error = Failures> {
        self.hold_in(Free)
    }

    fn into_hold(self) -> impl Hold<Guard = G::Guard, Error = Failures> {
        self.into_hold_in(Free)
    }
}

impl<G: Group> sealed::Sealed for Limit<G> {}
impl<G: Group> Group for Limit<G> {
    /// If there are several bounds, the narrowest applies.
    fn hold_in<W: Width>(&mut self, width: W) -> impl Hold<Guard = G::Guard, Error = Failures> {
        Held(self.group.hold_in(width.at_most(self.most)))
    }

    fn into_hold_in<W: Width>(self, width: W) -> impl Hold<Guard = G::Guard, Error = Failures> {
        Held(self.group.into_hold_in(width.at_most(self.most)))
    }
}

struct Held<H>(H);

impl<H: Hold> Hold for Held<H> {
    type Guard = H::Guard;
    type Error = Failures;

    forward_hold!(0: observe enter exit take put abandon cut is_in name_sets reach name);

    fn failures(&mut self, phase: Phase, convert: Convert<'_, Failures>) -> Failures {
        self.0.failures(phase, Convert::Into).converted(&self.0.name(), phase, convert)
    }

    hold_of_group!();
}
