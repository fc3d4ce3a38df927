use super::{Hold, Ledger, Policy};
use crate::error::{Failures, Phase};
use crate::outcome::{Cause, Outcome};
use crate::panic::Panics;

/// Holds the root of a tree: the one place from which it is rolled back, and abandoned.
pub(crate) struct Root<'p, H: Hold> {
    hold: H,
    failures: Failures,
    panics: &'p Panics,
}

impl<'p, H: Hold> Root<'p, H> {
    pub(crate) fn new(hold: H, panics: &'p Panics) -> Self {
        Self { hold, failures: Failures::default(), panics }
    }

    /// Enters all; true when all are in.
    pub(crate) async fn enter(&mut self) -> bool {
        let all_in = self.hold.enter(Policy::default()).await;
        if !all_in {
            self.note(Phase::Enter);
        }
        all_in
    }

    /// Exits what entered although not everything did (law `roll-back`).
    pub(crate) async fn roll_back(&mut self) {
        let outcome = match self.failures.first() {
            Some(first) if !self.failures.has_panic() => Outcome::EnterFailed(Cause::of_member(first.error())),
            _ => Outcome::Panicked,
        };
        if !self.hold.exit(outcome).await {
            self.note(Phase::Exit);
        }
    }

    /// Exits all.
    pub(crate) async fn exit(&mut self, outcome: Outcome<'_>) {
        if !self.hold.exit(outcome).await {
            self.note(Phase::Exit);
        }
    }

    pub(crate) fn take(&mut self) -> H::Guard {
        self.hold.take()
    }

    pub(crate) fn put(&mut self, guard: Option<H::Guard>) {
        self.hold.put(guard);
    }

    /// Gives up what went wrong.
    pub(crate) fn into_failures(mut self) -> Failures {
        std::mem::take(&mut self.failures)
    }

    fn note(&mut self, phase: Phase) {
        let mut ledger = Ledger::new(phase);
        self.hold.faults(&mut ledger);
        self.failures.append(ledger.into_failures());
    }
}

/// Abandons what entered and was not exited. Nobody is left to be told of errors; the earliest panic is kept.
impl<H: Hold> Drop for Root<'_, H> {
    fn drop(&mut self) {
        self.hold.abandon();
        self.note(Phase::Exit);
        match std::mem::take(&mut self.failures).into_panic() {
            Ok(panic) => self.panics.push(panic),
            Err(failures) => self.panics.drop(failures),
        }
    }
}
