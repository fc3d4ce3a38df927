use super::{Free, Group, Width, enter_each, exit_each, sealed};
use crate::error::{Failures, Phase};
use crate::hold::{Borrower, Convert, Cut, Entry, Exit, Hold, Notes};
use crate::observe::MemberPath;
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
        super::abandon(self.hold(), guard);
    }

    fn name(&self) -> &'static str {
        "Vec"
    }

    fn hold(&mut self) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        self.hold_in(Free)
    }

    fn into_hold(self) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        self.into_hold_in(Free)
    }
}

impl<R: Resource> sealed::Sealed for Vec<R> {}
impl<R: Resource> Group for Vec<R> {
    fn hold_in<W: Width>(&mut self, width: W) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        List { holds: self.iter_mut().map(R::hold).collect(), width, notes: Notes::default() }
    }

    fn into_hold_in<W: Width>(self, width: W) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        List { holds: self.into_iter().map(R::into_hold).collect(), width, notes: Notes::default() }
    }
}

/// The holds of a `Vec`'s members.
struct List<H, W> {
    holds: Vec<H>,
    width: W,
    notes: Notes,
}

impl<H: Hold, W: Width> Hold for List<H, W> {
    type Guard = Vec<H::Guard>;
    type Error = Failures;

    fn observe(&mut self, place: &MemberPath) {
        for (index, hold) in self.holds.iter_mut().enumerate() {
            hold.observe(&place.child(index));
        }
    }

    fn enter(&mut self, entry: Entry<'_>) -> impl Future<Output = bool> + Send {
        enter_each(&mut self.holds, self.width, entry)
    }

    fn exit(&mut self, exit: &Exit<'_>) -> impl Future<Output = bool> + Send {
        let is_even = self.notes.is_empty();
        exit_each(&mut self.holds, self.width, exit).map(move |all_well| all_well && is_even)
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

    fn abandon(&mut self) {
        self.holds.iter_mut().rev().for_each(H::abandon);
    }

    fn cut(&mut self, cut: Cut) {
        self.holds.iter_mut().rev().for_each(|hold| hold.cut(cut));
    }

    fn name_sets(&mut self, name: &str) {
        self.holds.iter_mut().for_each(|hold| hold.name_sets(name));
    }

    fn is_in(&self) -> bool {
        self.holds.iter().any(H::is_in)
    }

    fn reach(&self) -> usize {
        self.holds.iter().map(H::reach).sum()
    }

    fn failures(&mut self, phase: Phase, convert: Convert<'_, Failures>) -> Failures {
        let mut all = Failures::default();
        for (index, hold) in self.holds.iter_mut().enumerate() {
            all.add_member(index, hold.failures(phase, Convert::Into));
        }
        self.notes.tell("Vec", phase, &mut all);
        all.converted("Vec", phase, convert)
    }

    hold_of_group!("Vec");
}
