use super::join::drive_array;
use super::turns::Turns;
use super::{Group, SHORT, enter_each, exit_each, is_short, sealed};
use crate::error::{Failures, Phase};
use crate::member::{Borrower, EnterContext, ExitContext, Hold, HoldToken, MapError, Policy};
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
        super::abandon(self.hold(HoldToken), guard);
    }

    fn name(&self) -> &'static str {
        "array"
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        Array { holds: self.each_mut().map(|member| member.hold(HoldToken)) }
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        Array { holds: self.map(|member| member.into_hold(HoldToken)) }
    }
}

impl<R: Resource, const N: usize> sealed::Sealed for [R; N] {}
impl<R: Resource, const N: usize> Group for [R; N] {}

/// The holds of an array's members.
struct Array<H, const N: usize> {
    holds: [H; N],
}

impl<H: Hold, const N: usize> Array<H, N> {
    /// Returns `true` if it is driven as a list: the engine cannot make members wait for a turn, and may poll all of
    /// them on each wake.
    fn is_list(&self, limit: usize, is_large: bool) -> bool {
        N > SHORT || limit < N || !is_short(self.reach(), || is_large)
    }
}

impl<H: Hold, const N: usize> Hold for Array<H, N> {
    type Guard = [H::Guard; N];
    type Error = Failures;

    /// A short array is driven by the engine: its futures cannot be polled in place without unsafe code.
    async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        let (limit, of_members) = entry.of_members();
        if self.is_list(limit, entry.is_large()) {
            return enter_each(&mut self.holds, entry).await;
        }
        let turns = Turns::default();
        drive_array(self.holds.each_mut().map(|hold| hold.enter(of_members)), entry.policy(), &turns).await
    }

    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        let (limit, of_members) = exit.of_members();
        if self.is_list(limit, exit.is_large()) {
            return exit_each(&mut self.holds, exit).await;
        }
        let (mut holds, turns) = (self.holds.each_mut(), Turns::default());
        holds.reverse();
        drive_array(holds.map(|hold| hold.exit(of_members)), Policy::Settle, &turns).await
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

    fn show(&mut self, guard: &Self::Guard) {
        self.holds.iter_mut().zip(guard).for_each(|(hold, guard)| hold.show(guard));
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, Failures>) -> Failures {
        let mut all = Failures::default();
        for (index, hold) in self.holds.iter_mut().enumerate() {
            all.add_member(index, hold.failures(phase, None));
        }
        all.mapped("array", phase, map)
    }

    hold_of_each!(holds);
    hold_of_group!("array");
}
