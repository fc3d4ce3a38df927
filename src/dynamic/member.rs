//! One member of a set: the hold of a resource of any type, with its guard while no handle has it.

use crate::error::{Failures, NameKind, Phase};
use crate::lock::Mutex;
use crate::member::{Borrowed, Borrower, EnterState, ExitWith, Hold, Interruption, Root};
use crate::observe::MemberPath;
use crate::outcome::Outcome;
use crate::panic_log::PanicLog;
use crate::stamp::Stamp;
use crate::unwind::catch;
use crate::work::Attendance;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use async_trait::async_trait;
use core::panic::AssertUnwindSafe;

/// A member of a set, in the one allocation that the set and a handle share. The handle only puts the guard back.
pub(super) struct MemberCell<H: Hold>(Mutex<MemberState<H>>);

struct MemberState<H: Hold> {
    /// `None` while it is taken out to be asked, because no user code runs while the lock is held.
    hold: Option<H>,
    /// `None` while a handle has it.
    guard: Option<H::Guard>,
    progress: Progress,
    failures: Failures,
    place: MemberPath,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    In,
    /// The exit was dropped at this time.
    Dropped(Stamp),
    Out,
}

/// What the roots of members that exit together have in common. Nothing is recorded in it: the members keep their
/// failures and panics.
pub(super) struct ExitState(EnterState, PanicLog);

impl ExitState {
    pub(super) fn new() -> Self {
        Self(EnterState::default(), PanicLog::new())
    }
}

/// A member of any type. Its failures are reported by the set, or the caller, that exits it.
#[async_trait]
pub(super) trait AnyMember: Send + Sync {
    /// Exits the member. If this future is dropped, so is the exit.
    async fn exit(&mut self, outcome: Outcome<'_>, state: &ExitState);

    /// Abandons the member if its exit has not begun.
    fn abandon(&mut self, panics: &PanicLog);

    /// Handles an exit that timed out or was dropped. Abandons the member if its exit has not begun.
    fn interrupt(&mut self, interruption: Interruption);

    fn failures(&mut self) -> Failures;

    /// Moves the member out of the allocation that it shares with a handle.
    fn moved<'m>(&self) -> Arc<dyn AnyMember + 'm>
    where
        Self: 'm;

    fn observe(&self, place: MemberPath);

    fn place(&self) -> MemberPath;

    fn attend(&self, attendance: &Attendance);

    /// Takes the failures of its work while it is up: in phase `Up`, or `Enter` while others enter.
    fn up_failures(&self, phase: Phase) -> Failures;

    /// Returns the member's name, or that of its type if `name` panics.
    fn name(&self) -> String;
}

/// The place to which a handle returns the guard of its member.
pub(super) trait GuardPlace<G>: Send + Sync {
    fn put(&self, guard: G);
}

impl<H: Hold> GuardPlace<H::Guard> for MemberCell<H> {
    fn put(&self, guard: H::Guard) {
        self.0.lock().guard = Some(guard);
    }
}

impl<H: Hold> MemberCell<H> {
    pub(super) fn new(hold: H, place: MemberPath) -> Self {
        let (progress, failures) = (Progress::In, Failures::default());
        Self(Mutex::new(MemberState { hold: Some(hold), guard: None, progress, failures, place }))
    }

    /// Returns the hold and the place of a member that nobody shares yet.
    pub(super) fn parts(&mut self) -> (&mut H, &MemberPath) {
        let MemberState { hold, place, .. } = self.0.get_mut();
        (hold.as_mut().expect("only one who shares the member takes it out"), place)
    }

    /// Observes a member that has entered, and passes on its work.
    pub(super) fn settle_in(&mut self, attendance: &Attendance) {
        let (hold, place) = self.parts();
        if place.is_observed() {
            hold.observe(&place.at_rest());
        }
        hold.attend(attendance);
    }

    /// Sets the position of a member that is in.
    pub(super) fn settle(&self, number: usize) {
        let place = self.place();
        place.settle(number);
    }

    /// Calls the hold while a handle can put the guard back.
    fn ask<T: Default>(&self, call: impl FnOnce(&mut H) -> T) -> T {
        let taken = self.0.lock().hold.take();
        let Some(mut hold) = taken else { return T::default() };
        let answer = call(&mut hold);
        self.0.lock().hold = Some(hold);
        answer
    }
}

#[async_trait]
impl<H: Hold> AnyMember for MemberCell<H> {
    async fn exit(&mut self, outcome: Outcome<'_>, state: &ExitState) {
        let MemberState { hold: Some(hold), guard, progress, failures, place } = self.0.get_mut() else { return };
        let root = Root::new(Borrowed(hold), &state.0, &state.1);
        let mut exiting = ExitInProgress { root, failures, progress, is_over: false };
        exiting.root.observe(place);
        exiting.root.put(guard.take());
        exiting.root.exit(ExitWith::Outcome(outcome)).await;
        exiting.is_over = true;
    }

    fn abandon(&mut self, panics: &PanicLog) {
        let MemberState { hold, guard, failures, place, .. } = self.0.get_mut();
        if let (Some(hold), Some(guard)) = (hold, guard.take()) {
            let state = EnterState::default();
            let mut root = Root::new(Borrowed(hold), &state, panics);
            root.observe(place);
            root.put(Some(guard));
        }
        panics.keep_first(core::mem::take(failures));
    }

    fn interrupt(&mut self, interruption: Interruption) {
        let MemberState { hold, guard, progress, failures, place } = self.0.get_mut();
        match (*progress, hold) {
            (Progress::In, Some(hold)) => {
                if place.is_observed() {
                    hold.observe(place);
                }
                hold.put(guard.take(), Borrower::Body);
                hold.interrupt(interruption);
                failures.append(hold.failures(Phase::Exit, None));
            }
            // The failures were recorded when the exit was dropped. Stamp them anew, because the exits that timed out
            // are reported in their order, and notify the observer.
            (Progress::Dropped(at), _) if interruption == Interruption::ExitTimedOut => {
                failures.restamp(at);
                place.late();
            }
            (Progress::Dropped(at), _) if interruption == Interruption::ExitAbandoned => {
                failures.abandoned(at);
                place.abandoned();
            }
            _ => {}
        }
        *progress = Progress::Out;
    }

    fn failures(&mut self) -> Failures {
        core::mem::take(&mut self.0.get_mut().failures)
    }

    fn moved<'m>(&self) -> Arc<dyn AnyMember + 'm>
    where
        Self: 'm,
    {
        let mut state = self.0.lock();
        let MemberState { hold, guard, progress, failures, place } = &mut *state;
        let (hold, guard, failures) = (hold.take(), guard.take(), core::mem::take(failures));
        let (progress, place) = (*progress, core::mem::take(place));
        Arc::new(Self(Mutex::new(MemberState { hold, guard, progress, failures, place })))
    }

    fn observe(&self, place: MemberPath) {
        let mut state = self.0.lock();
        let is_observed = state.place.is_observed() || place.is_observed();
        let is_in = state.progress == Progress::In;
        state.place = place.clone();
        drop(state);
        if is_observed && is_in {
            self.ask(|hold| hold.observe(&place.at_rest()));
        }
    }

    fn place(&self) -> MemberPath {
        self.0.lock().place.clone()
    }

    fn attend(&self, attendance: &Attendance) {
        self.ask(|hold| hold.attend(attendance));
    }

    fn up_failures(&self, phase: Phase) -> Failures {
        self.ask(|hold| hold.failures(phase, None))
    }

    fn name(&self) -> String {
        self.ask(|hold| hold.name())
    }
}

/// An exit in flight. On drop, finished or not, it stores the failures. It never panics, because several exits may be
/// dropped in a row.
struct ExitInProgress<'e, 'p, H: Hold> {
    root: Root<'p, H>,
    failures: &'e mut Failures,
    progress: &'e mut Progress,
    is_over: bool,
}

impl<H: Hold> Drop for ExitInProgress<'_, '_, H> {
    fn drop(&mut self) {
        let failures = if self.is_over {
            *self.progress = Progress::Out;
            self.root.leave_failed()
        } else {
            *self.progress = Progress::Dropped(Stamp::now());
            self.root.interrupt(Interruption::ExitDropped)
        };
        if !failures.is_empty() {
            self.failures.append(failures);
        }
    }
}

/// Where a handle puts the guard back. A panic leaves nothing half done behind the lock.
pub(super) type PlaceOfGuard<'a, G> = AssertUnwindSafe<Arc<dyn GuardPlace<G> + 'a>>;

/// A member of a set, which owns it. A panic leaves nothing half done: those of the user's code are caught.
pub(super) struct SetMember<'a>(AssertUnwindSafe<Arc<dyn AnyMember + 'a>>);

impl<'a> SetMember<'a> {
    pub(super) fn new<H: Hold + 'a>(member: Arc<MemberCell<H>>) -> Self {
        Self(AssertUnwindSafe(member))
    }

    /// Returns the member for a part that a handle has in common with it.
    pub(super) fn shared(&self) -> &(dyn AnyMember + 'a) {
        &**self.0
    }

    /// Returns the member for itself. Whoever has had its handle has dropped it, or will never put the guard back.
    pub(super) fn get_mut(&mut self) -> &mut (dyn AnyMember + 'a) {
        if Arc::strong_count(&self.0) > 1 {
            *self.0 = self.0.moved(); // the handle was forgotten
        }
        Arc::get_mut(&mut self.0).expect("nobody shares it any more")
    }

    /// Drops a member that has exited, and returns its failures, including a panic of the drop.
    pub(super) fn dismiss(mut self) -> Failures {
        let mut failures = Arc::get_mut(&mut self.0).map(AnyMember::failures).unwrap_or_default();
        if let Err(panic) = catch(|| drop(self)) {
            failures.add_panic(NameKind::OfType("resource"), Phase::Exit, panic);
        }
        failures
    }
}
