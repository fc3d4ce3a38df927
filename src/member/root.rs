use super::{Borrower, EnterContext, EnterState, ExitContext, Hold, Interruption};
use crate::error::{Failures, Phase};
use crate::observe::MemberPath;
use crate::outcome::{Cause, Outcome};
use crate::panic_log::PanicLog;
use core::future::Future;
use core::pin::pin;

/// From this many members in all the groups of a tree on, groups that are not short poll only woken members. Below it,
/// nested groups poll all their members in order, because tracking wakes through them would change the order.
const MANY: usize = 500;

/// The outcome with which the members are exited.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ExitWith<'a> {
    Outcome(Outcome<'a>),
    /// Not all members entered (law `roll-back`).
    RollBack,
    /// The work of a member failed while the body ran (law `death-stops-the-body`).
    MemberFailed,
}

/// The root of a tree: the one place from which the tree is rolled back or abandoned.
pub(crate) struct Root<'p, H: Hold> {
    hold: H,
    state: &'p EnterState,
    failures: Failures,
    panics: &'p PanicLog,
    /// Whether there is nothing left to abandon and no failure to report.
    is_done: bool,
    /// Whether the observer of the scope, if there is one, is still to be passed on to the members.
    is_new: bool,
}

impl<'p, H: Hold> Root<'p, H> {
    pub(crate) fn new(hold: H, state: &'p EnterState, panics: &'p PanicLog) -> Self {
        Self { hold, state, failures: Failures::default(), panics, is_done: false, is_new: true }
    }

    pub(crate) fn state(&self) -> &'p EnterState {
        self.state
    }

    /// Rolls back the members of an attempt that has these failures.
    pub(crate) async fn roll_back(&mut self, failures: Failures) {
        self.failures = failures;
        if let Some(attendance) = self.state.attendance() {
            self.hold.attend(attendance);
        }
        self.exit(ExitWith::RollBack).await;
    }

    /// Observes the tree of a whole scope, when it is in its place and has not begun.
    #[inline]
    fn observe_all(&mut self) {
        if core::mem::replace(&mut self.is_new, false) && self.state.observer().is_some() {
            self.observe_each();
        }
    }

    #[cold]
    fn observe_each(&mut self) {
        if let Some(path) = self.state.observer().path() {
            self.observe(&path);
        }
    }

    /// Observes the tree as a part of a scope.
    pub(crate) fn observe(&mut self, path: &MemberPath) {
        if path.is_observed() {
            self.hold.observe(path);
        }
    }

    /// Enters all members. Resolves to what [`entered`](Self::entered) needs.
    #[inline]
    pub(crate) fn enter(&mut self) -> impl Future<Output = bool> + Send {
        self.observe_all();
        let entry = EnterContext::new(self.state, self.is_large());
        if let Some(attendance) = self.state.attendance() {
            self.hold.attend(attendance);
        }
        self.state.entering(self.hold.enter(entry))
    }

    /// Records the end of the enter. Returns `true` if all members entered.
    #[inline]
    pub(crate) fn entered(&mut self, well: bool) -> bool {
        let all_in = well && !self.state.is_in_vain();
        if !all_in {
            self.enter_failed();
        }
        all_in
    }

    #[cold]
    fn enter_failed(&mut self) {
        if self.state.is_abandoned() {
            self.hold.interrupt(Interruption::EnterAbandoned);
        }
        self.note(Phase::Enter);
    }

    /// Enters all members, as one future. Returns `true` if all entered.
    pub(crate) async fn enter_all(&mut self) -> bool {
        let well = self.enter().await;
        self.entered(well)
    }

    fn is_large(&self) -> bool {
        self.hold.reach() >= MANY
    }

    /// Exits the members that entered. If the scope is abandoned, before this or meanwhile, drops the exits in flight,
    /// and abandons the other members.
    pub(crate) async fn exit(&mut self, with: ExitWith<'_>) {
        self.observe_all();
        if self.state.is_abandoned() {
            return self.abandon();
        }
        if let ExitWith::MemberFailed = with {
            self.note(Phase::Up);
        }
        let outcome = match (with, self.failures.first()) {
            (ExitWith::Outcome(outcome), _) => outcome,
            (ExitWith::MemberFailed, Some(first)) => Outcome::MemberFailed(Cause::new(first)),
            (ExitWith::RollBack, _) if self.failures.has_panic() => Outcome::Panicked,
            (ExitWith::RollBack, Some(first)) if !self.state.is_cancelled() => Outcome::EnterFailed(Cause::new(first)),
            (ExitWith::RollBack | ExitWith::MemberFailed, _) => Outcome::Cancelled,
        };
        self.state.observer().record_outcome(&outcome);
        let exit = ExitContext::new(&outcome, self.is_large());
        if !self.state.exiting(pin!(self.hold.exit(exit))).await {
            if self.state.is_abandoned() {
                return self.abandon();
            }
            self.note(Phase::Exit);
        }
        self.is_done = self.failures.is_empty();
    }

    /// Abandons the members that are in, the last one first, and records each of them, and each whose exit was dropped
    /// (law `abandon-on`).
    #[cold]
    fn abandon(&mut self) {
        self.hold.interrupt(Interruption::ExitAbandoned);
        self.note(Phase::Exit);
        self.is_done = self.failures.is_empty();
    }

    pub(crate) fn take(&mut self) -> H::Guard {
        self.hold.take()
    }

    /// Takes the guard. The caller has to exit the members: the root neither exits nor abandons them from now on.
    pub(crate) fn leave(&mut self) -> H::Guard {
        self.is_done = true;
        self.hold.take()
    }

    /// Takes the failures. The caller has to exit the members, by another root: this one neither exits nor abandons
    /// them from now on.
    pub(crate) fn leave_failed(&mut self) -> Failures {
        self.is_done = true;
        self.take_failures()
    }

    /// Puts back the guard, or the part of it that the body left.
    pub(crate) fn put(&mut self, guard: Option<H::Guard>) {
        self.hold.put(guard, Borrower::Body);
    }

    /// Handles enters that were dropped on purpose. The members that had entered are exited next.
    pub(crate) fn give_up(&mut self) {
        self.hold.interrupt(Interruption::EnterAborted);
        self.note(Phase::Enter);
    }

    /// Handles an exit that may have been dropped, and returns the failures. Nothing is left to abandon then.
    pub(crate) fn interrupt(&mut self, interruption: Interruption) -> Failures {
        self.hold.interrupt(interruption);
        self.note(Phase::Exit);
        self.is_done = true;
        self.take_failures()
    }

    pub(crate) fn take_failures(&mut self) -> Failures {
        core::mem::take(&mut self.failures)
    }

    fn note(&mut self, phase: Phase) {
        self.failures.append(self.hold.failures(phase, None));
    }
}

/// Abandons the members that entered and were not exited. Errors are dropped, as no caller is left to receive them. The
/// earliest panic is kept.
impl<H: Hold> Drop for Root<'_, H> {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        self.observe_all();
        self.hold.abandon();
        self.note(Phase::Exit);
        self.panics.keep_first(core::mem::take(&mut self.failures));
    }
}
