use super::crowd::drive_array;
use super::turns::Turns;
use super::{Free, Gate, Group, SHORT, Width, enter_each, exit_each, is_short, sealed};
use crate::error::{Failures, Phase};
use crate::hold::{Borrower, Convert, Cut, Entry, Exit, Hold, Policy};
use crate::observe::MemberPath;
use crate::resource::Resource;

/// A group whose number of members is part of its type.
///
/// The futures of all members are stored in the scope's future, which is moved like any other value. For thousands of
/// members use a `Vec`.
impl<R: Resource, const N: usize> Resource for [R; N] {
    type Guard = [R::Guard; N];
    type Error = Failures;

    by_hand!();

    fn abandon(&mut self, guard: Self::Guard) {
        super::abandon(self.hold(), guard);
    }

    fn name(&self) -> &'static str {
        "array"
    }

    fn hold(&mut self) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        self.hold_in(Free)
    }

    fn into_hold(self) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        self.into_hold_in(Free)
    }
}

impl<R: Resource, const N: usize> sealed::Sealed for [R; N] {}
impl<R: Resource, const N: usize> Group for [R; N] {
    fn hold_in<W: Width>(&mut self, width: W) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        Array { holds: self.each_mut().map(R::hold), width }
    }

    fn into_hold_in<W: Width>(self, width: W) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        Array { holds: self.map(R::into_hold), width }
    }
}

/// The holds of an array's members.
struct Array<H, W, const N: usize> {
    holds: [H; N],
    width: W,
}

impl<H: Hold, W: Width, const N: usize> Array<H, W, N> {
    /// Returns `true` if it is driven as a list: the engine cannot make members wait for a turn, and may poll all of
    /// them on each wake.
    fn is_list(&self, is_large: bool) -> bool {
        N > SHORT || !W::Gate::IS_OPEN || !is_short(self.reach(), || is_large)
    }
}

impl<H: Hold, W: Width, const N: usize> Hold for Array<H, W, N> {
    type Guard = [H::Guard; N];
    type Error = Failures;

    fn observe(&mut self, place: &MemberPath) {
        for (index, hold) in self.holds.iter_mut().enumerate() {
            hold.observe(&place.child(index));
        }
    }

    /// A short array is driven by the engine: its futures cannot be polled in place without unsafe code.
    async fn enter(&mut self, entry: Entry<'_>) -> bool {
        if self.is_list(entry.is_large()) {
            return enter_each(&mut self.holds, self.width, entry).await;
        }
        let turns = Turns::default();
        drive_array(self.holds.each_mut().map(|hold| hold.enter(entry)), entry.policy(), &turns).await
    }

    async fn exit(&mut self, exit: &Exit<'_>) -> bool {
        if self.is_list(exit.is_large) {
            return exit_each(&mut self.holds, self.width, exit).await;
        }
        let (mut holds, turns) = (self.holds.each_mut(), Turns::default());
        holds.reverse();
        drive_array(holds.map(|hold| hold.exit(exit)), Policy::Settle, &turns).await
    }

    fn take(&mut self) -> Self::Guard {
        self.holds.each_mut().map(H::take)
    }

    fn put(&mut self, guard: Option<Self::Guard>, by: Borrower) -> bool {
        let mut guards = guard.map(IntoIterator::into_iter);
        let mut is_whole = true;
        for hold in &mut self.holds {
            is_whole &= hold.put(guards.as_mut().and_then(Iterator::next), by);
        }
        is_whole
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
        all.converted("array", phase, convert)
    }

    hold_of_group!("array");
}
