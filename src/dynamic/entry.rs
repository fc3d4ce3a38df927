//! One member of a set: a resource of any type, with its guard while no handle has it.

use crate::error::{Failures, Name, Phase, Stamp};
use crate::hold::{Borrower, Convert, Cut, EntryState, Hold, Root};
use crate::kind::kind_of;
use crate::lock::Mutex;
use crate::observe::Place;
use crate::outcome::Outcome;
use crate::panic::{Panics, catch};
use crate::resource::Resource;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use async_trait::async_trait;

/// Where a guard stands while no handle has it.
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

/// A member that is in, whatever its type.
#[async_trait]
pub(super) trait Entered: Send {
    /// Exits it. If this future is dropped, the exit is cut.
    async fn exit(&mut self, outcome: Outcome<'_>);

    /// Abandons what has not begun to exit.
    fn abandon(&mut self, panics: &Panics);

    /// Has it watched there.
    fn observe(&mut self, place: Place);

    /// Where it is watched.
    fn place(&self) -> &Place;

    /// Accounts for an exit that was late, or dropped, and abandons what has not begun.
    fn cut(&mut self, cut: Cut);

    /// Hands over what went wrong.
    fn failures(&mut self) -> Failures;

    /// Its name, or that of its type if the name panics.
    fn name(&self) -> String;
}

pub(super) struct Entry<R: Resource> {
    resource: R,
    desk: Arc<Desk<R::Guard>>,
    stage: Stage,
    failures: Failures,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    In,
    /// The exit was dropped then.
    Dropped(Stamp),
    Out,
}

impl<R: Resource> Entry<R> {
    /// Keeps a member whose guard is on its desk, or with a handle.
    pub(super) fn new(resource: R, desk: Arc<Desk<R::Guard>>, place: Place) -> Self {
        Self { resource, desk, stage: Stage::In, failures: Failures::default(), place }
    }
}

#[async_trait]
impl<R: Resource> Entered for Entry<R> {
    async fn exit(&mut self, outcome: Outcome<'_>) {
        let (state, panics) = (EntryState::default(), Panics::new());
        let root = Root::new(self.resource.hold(), &state, &panics);
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
            let mut root = Root::new(self.resource.hold(), &state, panics);
            root.observe(&self.place);
            root.put(Some(guard));
        }
        panics.keep_first(core::mem::take(&mut self.failures));
    }

    fn observe(&mut self, place: Place) {
        self.place = place;
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn cut(&mut self, cut: Cut) {
        match self.stage {
            Stage::In => {
                let mut hold = self.resource.hold();
                if self.place.is_watched() {
                    hold.observe(&self.place);
                }
                hold.put(self.desk.take(), Borrower::Body);
                hold.cut(cut);
                let late = hold.failures(Phase::Exit, Convert::Into);
                drop(hold);
                self.failures.append(late);
            }
            // What went wrong is known since the exit was dropped. But it is one of many that were late, each in its turn; and
            // those who watch do not know.
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
        catch(|| self.resource.name().to_owned()).unwrap_or_else(|_| kind_of::<R>().to_owned())
    }
}

/// An exit under way. Dropped, be it at its end or before, it keeps what went wrong, and panics with nothing: where one
/// exit is cut, others are, too.
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

/// Drops a member that is out, and tells what went wrong, to the end.
pub(super) fn dismiss<'a>(mut member: Box<dyn Entered + 'a>) -> Failures {
    let mut failures = member.failures();
    if let Err(panic) = catch(|| drop(member)) {
        failures.add_panic(Name::OfType("resource"), Phase::Exit, panic);
    }
    failures
}
