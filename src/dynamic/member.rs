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

/// The place of a guard while no handle has it.
pub(super) struct GuardCell<G>(Mutex<Option<G>>);

impl<G> GuardCell<G> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(None)))
    }

    pub(super) fn put(&self, guard: G) {
        *self.0.lock() = Some(guard);
    }

    pub(super) fn take(&self) -> Option<G> {
        self.0.lock().take()
    }
}

/// A member of any type that has entered.
#[async_trait]
pub(super) trait DynMember: Send {
    /// Exits the member. If this future is dropped, so is the exit.
    async fn exit(&mut self, outcome: Outcome<'_>);

    /// Abandons the member if its exit has not begun.
    fn abandon(&mut self, panics: &PanicLog);

    fn observe(&mut self, place: MemberPath);

    fn attend(&mut self, attendance: &Attendance);

    /// Takes the failures of its work while it is up: in phase `Up`, or `Enter` while others enter.
    fn up_failures(&mut self, phase: Phase) -> Failures;

    fn place(&self) -> &MemberPath;

    /// Handles an exit that timed out or was dropped. Abandons the member if its exit has not begun.
    fn interrupt(&mut self, interruption: Interruption);

    fn failures(&mut self) -> Failures;

    /// Returns the member's name, or that of its type if `name` panics.
    fn name(&self) -> String;
}

pub(super) struct SetMember<H: Hold> {
    hold: H,
    cell: Arc<GuardCell<H::Guard>>,
    stage: Progress,
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

impl<H: Hold> SetMember<H> {
    /// Creates a member whose guard is in its cell, or with a handle. Its failures are reported by the
    /// set, or the caller, that exits it.
    pub(super) fn new(mut hold: H, cell: Arc<GuardCell<H::Guard>>, place: MemberPath) -> Self {
        if place.is_observed() {
            hold.observe(&place.at_rest());
        }
        Self { hold, cell, stage: Progress::In, failures: Failures::default(), place }
    }
}

#[async_trait]
impl<H: Hold> DynMember for SetMember<H> {
    async fn exit(&mut self, outcome: Outcome<'_>) {
        let (state, panics) = (EnterState::default(), PanicLog::new());
        let root = Root::new(Borrowed(&mut self.hold), &state, &panics);
        let mut exiting = ExitInProgress { root, failures: &mut self.failures, stage: &mut self.stage };
        exiting.root.observe(&self.place);
        exiting.root.put(self.cell.take());
        exiting.root.exit(ExitWith::Outcome(outcome)).await;
        drop(exiting);
        self.stage = Progress::Out;
    }

    fn abandon(&mut self, panics: &PanicLog) {
        if let Some(guard) = self.cell.take() {
            let state = EnterState::default();
            let mut root = Root::new(Borrowed(&mut self.hold), &state, panics);
            root.observe(&self.place);
            root.put(Some(guard));
        }
        panics.keep_first(core::mem::take(&mut self.failures));
    }

    fn observe(&mut self, place: MemberPath) {
        let is_observed = self.place.is_observed() || place.is_observed();
        if is_observed && self.stage == Progress::In {
            self.hold.observe(&place.at_rest());
        }
        self.place = place;
    }

    fn place(&self) -> &MemberPath {
        &self.place
    }

    fn interrupt(&mut self, interruption: Interruption) {
        match self.stage {
            Progress::In => {
                if self.place.is_observed() {
                    self.hold.observe(&self.place);
                }
                self.hold.put(self.cell.take(), Borrower::Body);
                self.hold.interrupt(interruption);
                self.failures.append(self.hold.failures(Phase::Exit, None));
            }
            // The failures were recorded when the exit was dropped. Stamp them anew, because the exits that timed out
            // are reported in their order, and notify the observer.
            Progress::Dropped(at) if interruption == Interruption::ExitTimedOut => {
                self.failures.restamp(at);
                self.place.late();
            }
            Progress::Dropped(at) if interruption == Interruption::ExitAbandoned => {
                self.failures.abandoned(at);
                self.place.abandoned();
            }
            Progress::Dropped(_) | Progress::Out => {}
        }
        self.stage = Progress::Out;
    }

    fn attend(&mut self, attendance: &Attendance) {
        self.hold.attend(attendance);
    }

    fn up_failures(&mut self, phase: Phase) -> Failures {
        self.hold.failures(phase, None)
    }

    fn failures(&mut self) -> Failures {
        core::mem::take(&mut self.failures)
    }

    fn name(&self) -> String {
        self.hold.name()
    }
}

/// An exit in flight. On drop, finished or not, it stores the failures. It never panics, because several exits may be
/// dropped in a row.
struct ExitInProgress<'e, 'p, H: Hold> {
    root: Root<'p, H>,
    failures: &'e mut Failures,
    stage: &'e mut Progress,
}

impl<H: Hold> Drop for ExitInProgress<'_, '_, H> {
    fn drop(&mut self) {
        *self.stage = Progress::Dropped(Stamp::now());
        self.failures.append(self.root.interrupt(Interruption::ExitDropped));
    }
}

/// Drops a member that has exited, and returns its failures, including a panic of the drop.
pub(super) fn dismiss<'a>(mut member: Box<dyn DynMember + 'a>) -> Failures {
    let mut failures = member.failures();
    if let Err(panic) = catch(|| drop(member)) {
        failures.add_panic(NameKind::OfType("resource"), Phase::Exit, panic);
    }
    failures
}
