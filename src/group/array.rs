use super::crowd::or_stop;
use super::{Free, Gate, Group, MANY, SHORT, Width, enter_each, exit_each, sealed};
use crate::error::{Failures, Phase};
use crate::hold::{Convert, Cut, Entry, Hold, Policy};
use crate::observe::Place;
use crate::outcome::Outcome;
use crate::resource::Resource;
use futures::FutureExt;
use futures_concurrency::future::{Join, TryJoin};

/// A group of as many members as its type says.
///
/// All that drives them stands in the scope's future, which is moved as any other value is: thousands of members are for a
/// `Vec`.
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
}

impl<R: Resource, const N: usize> sealed::Sealed for [R; N] {}
impl<R: Resource, const N: usize> Group for [R; N] {
    fn hold_in<W: Width>(&mut self, width: W) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        Array { holds: self.each_mut().map(R::hold), width }
    }
}

/// The holds of an array's members.
struct Array<H, W, const N: usize> {
    holds: [H; N],
    width: W,
}

impl<H: Hold, W: Width, const N: usize> Array<H, W, N> {
    /// Whether it is driven as a list: the engine polls all members on each wake, and lets nobody wait for a turn.
    fn is_list(&self) -> bool {
        N > SHORT || !W::Gate::IS_OPEN || self.reach() >= MANY
    }
}

impl<H: Hold, W: Width, const N: usize> Hold for Array<H, W, N> {
    type Guard = [H::Guard; N];
    type Error = Failures;

    fn observe(&mut self, place: &Place) {
        for (index, hold) in self.holds.iter_mut().enumerate() {
            hold.observe(&place.child(index));
        }
    }

    /// A short array goes to the engine as it stands: its futures cannot be polled in place without unsafe code.
    async fn enter(&mut self, entry: Entry<'_>) -> bool {
        if self.is_list() {
            return enter_each(&mut self.holds, self.width, entry).await;
        }
        let members = self.holds.each_mut().map(|hold| hold.enter(entry));
        match entry.policy() {
            Policy::Settle => members.join().await.into_iter().all(|well| well),
            Policy::FailFast => members.map(|member| member.map(or_stop)).try_join().await.is_ok(),
        }
    }

    async fn exit(&mut self, outcome: &Outcome<'_>) -> bool {
        if self.is_list() {
            return exit_each(&mut self.holds, self.width, outcome).await;
        }
        let mut holds = self.holds.each_mut();
        holds.reverse();
        holds.map(|hold| hold.exit(outcome)).join().await.into_iter().all(|well| well)
    }

    fn take(&mut self) -> Self::Guard {
        self.holds.each_mut().map(H::take)
    }

    fn put(&mut self, guard: Option<Self::Guard>) {
        let mut guards = guard.map(IntoIterator::into_iter);
        for hold in &mut self.holds {
            hold.put(guards.as_mut().and_then(Iterator::next));
        }
    }

    fn abandon(&mut self) {
        self.holds.iter_mut().rev().for_each(H::abandon);
    }

    fn cut(&mut self, cut: Cut) {
        self.holds.iter_mut().rev().for_each(|hold| hold.cut(cut));
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
