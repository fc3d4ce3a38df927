use super::crowd::{Member, SHORT, or_stop};
use super::{Group, enter_all, exit_all, sealed};
use crate::error::Failures;
use crate::hold::{Cut, Entry, Hold, Ledger, Policy};
use crate::outcome::Outcome;
use crate::resource::Resource;
use futures::FutureExt;
use futures_concurrency::future::{Join, TryJoin};

impl<R: Resource, const N: usize> Resource for [R; N] {
    type Guard = [R::Guard; N];
    type Error = Failures;

    async fn enter(&mut self) -> Result<Self::Guard, Failures> {
        super::enter(self.hold()).await
    }

    async fn exit(&mut self, guard: Self::Guard, outcome: Outcome<'_>) -> Result<(), Failures> {
        super::exit(self.hold(), guard, outcome).await
    }

    fn abandon(&mut self, guard: Self::Guard) {
        super::abandon(self.hold(), guard);
    }

    fn name(&self) -> &'static str {
        "array"
    }

    fn hold(&mut self) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        Array(self.each_mut().map(R::hold))
    }
}

impl<R: Resource, const N: usize> sealed::Sealed for [R; N] {}
impl<R: Resource, const N: usize> Group for [R; N] {}

/// The holds of an array's members.
struct Array<H, const N: usize>([H; N]);

impl<H: Hold, const N: usize> Hold for Array<H, N> {
    type Guard = [H::Guard; N];
    type Error = Failures;

    /// A short array goes to the engine as it stands: its futures cannot be polled in place without unsafe code.
    async fn enter(&mut self, entry: Entry<'_>) -> bool {
        if N > SHORT {
            let members = self.0.iter_mut().map(|hold| Member::Running(Box::pin(hold.enter(entry))));
            return enter_all(members.collect::<Vec<_>>(), entry.policy()).await;
        }
        let members = self.0.each_mut().map(|hold| hold.enter(entry));
        match entry.policy() {
            Policy::Settle => members.join().await.into_iter().all(|well| well),
            Policy::FailFast => members.map(|member| member.map(or_stop)).try_join().await.is_ok(),
        }
    }

    async fn exit(&mut self, outcome: Outcome<'_>) -> bool {
        if N > SHORT {
            let members = self.0.iter_mut().rev().map(|hold| Member::Running(Box::pin(hold.exit(outcome))));
            return exit_all(members.collect::<Vec<_>>()).await;
        }
        reversed(self.0.each_mut().map(|hold| hold.exit(outcome))).join().await.into_iter().all(|well| well)
    }

    fn take(&mut self) -> Self::Guard {
        self.0.each_mut().map(H::take)
    }

    fn put(&mut self, guard: Option<Self::Guard>) {
        let mut guards = guard.map(IntoIterator::into_iter);
        for hold in &mut self.0 {
            hold.put(guards.as_mut().and_then(Iterator::next));
        }
    }

    fn abandon(&mut self) {
        self.0.iter_mut().rev().for_each(H::abandon);
    }

    fn cut(&mut self, cut: Cut) {
        self.0.iter_mut().rev().for_each(|hold| hold.cut(cut));
    }

    fn faults(&mut self, to: &mut Ledger) {
        for (index, hold) in self.0.iter_mut().enumerate() {
            to.member(index, hold);
        }
    }
}

/// By value, as a local that is reversed in place would stay in the future beside what is made of it.
fn reversed<T, const N: usize>(mut array: [T; N]) -> [T; N] {
    array.reverse();
    array
}
