use super::{Group, enter_each, exit_each, sealed};
use crate::error::{Failures, Phase};
use crate::member::{Borrower, EnterContext, ExitContext, Hold, HoldToken, MapError, OwnFaults};
use crate::resource::Resource;
use alloc::vec::Vec;
use core::future::Future;
use futures::FutureExt;

/// A group whose number of members is known at run time.
///
/// The body borrows the `Vec` of guards, in member order, and must leave their number and order as they are. A member
/// whose guard it removes cannot be exited, and a guard that it adds is dropped. Either is reported as a failure. The
/// costs are linear in the number of members (law `linear`).
impl<R: Resource> Resource for Vec<R> {
    type Guard = Vec<R::Guard>;
    type Error = Failures;

    by_hand!();

    fn abandon(&mut self, guard: Self::Guard) {
        super::abandon(self.hold(HoldToken), guard);
    }

    fn name(&self) -> &'static str {
        "Vec"
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        List::new(self.iter_mut().map(|member| member.hold(HoldToken)).collect())
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        List::new(self.into_iter().map(|member| member.into_hold(HoldToken)).collect())
    }
}

impl<R: Resource> sealed::Sealed for Vec<R> {}
impl<R: Resource> Group for Vec<R> {}

/// The holds of the members of a `Vec`, or of another group whose number of members is known at run time.
pub(super) struct List<H> {
    pub(super) holds: Vec<H>,
    pub(super) notes: OwnFaults,
}

impl<H: Hold> List<H> {
    pub(super) fn new(holds: Vec<H>) -> Self {
        Self { holds, notes: OwnFaults::default() }
    }

    /// Returns the failures of the members, and those of the group, which has this name.
    pub(super) fn failures_of(&mut self, group: &str, phase: Phase, map: MapError<'_, Failures>) -> Failures {
        let mut all = Failures::default();
        for (index, hold) in self.holds.iter_mut().enumerate() {
            all.add_member(index, hold.failures(phase, None));
        }
        self.notes.tell(group, phase, &mut all);
        all.mapped(group, phase, map)
    }
}

impl<H: Hold> Hold for List<H> {
    type Guard = Vec<H::Guard>;
    type Error = Failures;

    fn enter(&mut self, entry: EnterContext<'_>) -> impl Future<Output = bool> + Send {
        enter_each(&mut self.holds, entry)
    }

    fn exit(&mut self, exit: ExitContext<'_>) -> impl Future<Output = bool> + Send {
        let is_even = self.notes.is_empty();
        exit_each(&mut self.holds, exit).map(move |all_well| all_well && is_even)
    }

    fn take(&mut self) -> Self::Guard {
        self.holds.iter_mut().map(H::take).collect()
    }

    fn put(&mut self, guard: Option<Self::Guard>, by: Borrower) -> bool {
        let mut guards = guard.into_iter().flatten();
        let mut is_whole = true;
        for hold in &mut self.holds {
            is_whole &= hold.put(guards.next(), by);
        }
        guards.for_each(|stray| self.notes.stray(stray, by));
        is_whole && self.notes.is_empty()
    }

    fn show(&mut self, guard: &Self::Guard) {
        self.holds.iter_mut().zip(guard).for_each(|(hold, guard)| hold.show(guard));
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, Failures>) -> Failures {
        self.failures_of("Vec", phase, map)
    }

    hold_of_each!(holds);
    hold_of_group!("Vec");
}
