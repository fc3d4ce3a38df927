use super::{Borrower, Convert, Cut, Entry, EntryState, Exit, Hold};
use crate::error::{Failures, Phase};
use crate::observe::{Place, Watch};
use crate::outcome::{Cause, Outcome};
use crate::panic::Panics;

/// So many members in all the groups of a tree are not polled on each wake any more. Up to here they are, in their
/// order: to tell which one was woken, in groups in groups, has them polled in another.
const MANY: usize = 500;

/// Holds the root of a tree: the one place from which it is rolled back, and abandoned.
pub(crate) struct Root<'p, H: Hold> {
    hold: H,
    state: &'p EntryState,
    failures: Failures,
    panics: &'p Panics,
    watch: Watch,
    /// Whether nothing can be left to abandon, and nothing to tell.
    is_done: bool,
}

impl<'p, H: Hold> Root<'p, H> {
    pub(crate) fn new(hold: H, state: &'p EntryState, panics: &'p Panics) -> Self {
        Self { hold, state, failures: Failures::default(), panics, watch: Watch::default(), is_done: false }
    }

    pub(crate) fn state(&self) -> &'p EntryState {
        self.state
    }

    /// Has the whole scope watched.
    pub(crate) fn watch(&mut self, watch: &Watch) {
        if let Some(place) = watch.place() {
            self.observe(&place);
            self.watch = watch.clone();
        }
    }

    /// Has it watched as a part of a scope.
    pub(crate) fn observe(&mut self, place: &Place) {
        if place.is_watched() {
            self.hold.observe(place);
        }
    }

    /// Enters all; true when all are in.
    pub(crate) async fn enter(&mut self) -> bool {
        let entry = Entry::new(self.state, self.is_large());
        let all_in = self.hold.enter(entry).await && !entry.is_in_vain();
        if !all_in {
            self.note(Phase::Enter);
        }
        all_in
    }

    fn is_large(&self) -> bool {
        self.hold.reach() >= MANY
    }

    /// Exits what entered, and tells it this; without an outcome, what befits a failed enter (law `roll-back`).
    pub(crate) async fn exit(&mut self, outcome: Option<Outcome<'_>>) {
        let outcome = match (outcome, self.failures.first()) {
            (Some(outcome), _) => outcome,
            (None, _) if self.failures.has_panic() => Outcome::Panicked,
            (None, Some(first)) if !self.state.is_cancelled() => Outcome::EnterFailed(Cause::new(first)),
            (None, _) => Outcome::Cancelled,
        };
        self.watch.told(&outcome);
        let exit = Exit { outcome, is_large: self.is_large() };
        if !self.hold.exit(&exit).await {
            self.note(Phase::Exit);
        }
        self.is_done = self.failures.is_empty();
    }

    pub(crate) fn take(&mut self) -> H::Guard {
        self.hold.take()
    }

    /// Takes the guard, and leaves what is in to whoever exits it.
    pub(crate) fn leave(&mut self) -> H::Guard {
        self.is_done = true;
        self.hold.take()
    }

    /// Puts back what the body left of the guard.
    pub(crate) fn put(&mut self, guard: Option<H::Guard>) {
        self.hold.put(guard, Borrower::Body);
    }

    /// Accounts for enters that were dropped on purpose. What had entered is exited next.
    pub(crate) fn give_up(&mut self) {
        self.hold.cut(Cut::EnterGivenUp);
        self.note(Phase::Enter);
    }

    /// Accounts for an exit that may have been dropped, and hands over what went wrong. Nothing is left to abandon
    /// then.
    pub(crate) fn cut(&mut self) -> Failures {
        self.hold.cut(Cut::ExitDropped);
        self.note(Phase::Exit);
        self.is_done = true;
        self.take_failures()
    }

    /// Returns what went wrong.
    pub(crate) fn take_failures(&mut self) -> Failures {
        core::mem::take(&mut self.failures)
    }

    fn note(&mut self, phase: Phase) {
        self.failures.append(self.hold.failures(phase, Convert::Into));
    }
}

/// Abandons what entered and was not exited. Nobody is left to be told of errors; the earliest panic is kept.
impl<H: Hold> Drop for Root<'_, H> {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        self.hold.abandon();
        self.note(Phase::Exit);
        self.panics.keep_first(core::mem::take(&mut self.failures));
    }
}
