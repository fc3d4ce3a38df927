//! One member of a set: the hold of a resource of any type, with its guard while no handle has it.

use crate::error::{Failures, Name, Phase};
use crate::hold::{Borrower, Convert, Cut, EntryState, Hold, Kept, Root};
use crate::lock::Mutex;
use crate::observe::MemberPath;
use crate::outcome::Outcome;
use crate::panic::Panics;
use crate::stamp::Stamp;
use crate::unwind::catch;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use async_trait::async_trait;

/// The place of a guard while no handle has it.
pub(super) struct Desk<G>(Mutex<Option<G>>);

impl<G> Desk<G> {
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
pub(super) trait Entered: Send {
    /// Exits the member. If this future is dropped, so is the exit.
    async fn exit(&mut self, outcome: Outcome<'_>);

    /// Abandons the member if its exit has not begun.
    fn abandon(&mut self, panics: &Panics);

    fn observe(&mut self, place: MemberPath);

    fn place(&self) -> &MemberPath;

    /// Handles an exit that timed out or was dropped. Abandons the member if its exit has not begun.
    fn cut(&mut self, cut: Cut);

    fn failures(&mut self) -> Failures;

    /// Returns the member's name, or that of its type if `name` panics.
    fn name(&self) -> String;
}

pub(super) struct Entry<H: Hold> {
    hold: H,
    desk: Arc<Desk<H::Guard>>,
    stage: Stage,
    failures: Failures,
    place: MemberPath,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    In,
    /// The exit was dropped at this time.
    Dropped(Stamp),
    Out,
}

impl<H: Hold> Entry<H> {
    /// Creates the entry of a member whose guard is on its desk, or with a handle. Its failures are reported by the
    /// set, or the caller, that exits it.
    pub(super) fn new(mut hold: H, desk: Arc<Desk<H::Guard>>, place: MemberPath) -> Self {
        if place.is_observed() {
            hold.observe(&MemberPath::default());
        }
        Self { hold, desk, stage: Stage::In, failures: Failures::default(), place }
    }
}

#[async_trait]
impl<H: Hold> Entered for Entry<H> {
    async fn exit(&mut self, outcome: Outcome<'_>) {
        let (state, panics) = (EntryState::default(), Panics::new());
        let root = Root::new(Kept(&mut self.hold), &state, &panics);
        let mut exiting = Exiting { root, failures: &mut self.failures, stage: &mut self.stage };
        exiting.root.observe(&self.place);
        exiting.root.put(self.desk.take());
        exiting.root.exit(Some(outcome)).await;
        drop(exiting);
        self.stage = Stage::Out;
    }

    fn abandon(&mut self, panics: &Panics) {
        if let Some(guard) = self.desk.take() {
            let state = EntryState::default();
            let mut root = Root::new(Kept(&mut self.hold), &state, panics);
            root.observe(&self.place);
            root.put(Some(guard));
        }
        panics.keep_first(core::mem::take(&mut self.failures));
    }

    fn observe(&mut self, place: MemberPath) {
        self.place = place;
    }

    fn place(&self) -> &MemberPath {
        &self.place
    }

    fn cut(&mut self, cut: Cut) {
        match self.stage {
            Stage::In => {
                if self.place.is_observed() {
                    self.hold.observe(&self.place);
                }
                self.hold.put(self.desk.take(), Borrower::Body);
                self.hold.cut(cut);
                self.failures.append(self.hold.failures(Phase::Exit, Convert::Into));
            }
            // The failures were recorded when the exit was dropped. Stamp them anew, because the exits that timed out
            // are reported in their order, and notify the observer.
            Stage::Dropped(at) if cut == Cut::ExitLate => {
                self.failures.restamp(at);
                self.place.late();
            }
            Stage::Dropped(_) | Stage::Out => {}
        }
        self.stage = Stage::Out;
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
struct Exiting<'e, 'p, H: Hold> {
    root: Root<'p, H>,
    failures: &'e mut Failures,
    stage: &'e mut Stage,
}

impl<H: Hold> Drop for Exiting<'_, '_, H> {
    fn drop(&mut self) {
        *self.stage = Stage::Dropped(Stamp::now());
        self.failures.append(self.root.cut());
    }
}

/// Drops a member that has exited, and returns its failures, including a panic of the drop.
pub(super) fn dismiss<'a>(mut member: Box<dyn Entered + 'a>) -> Failures {
    let mut failures = member.failures();
    if let Err(panic) = catch(|| drop(member)) {
        failures.add_panic(Name::OfType("resource"), Phase::Exit, panic);
    }
    failures
}
