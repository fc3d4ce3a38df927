//! One member of a set: a resource of any type, with its guard while no handle has it.

use crate::error::{Elapsed, Failures, Name, Phase};
use crate::hold::{Convert, Cut, EntryState, Fault, Hold, Root};
use crate::lock::Mutex;
use crate::observe::Place;
use crate::outcome::Outcome;
use crate::panic::{Panics, catch};
use crate::resource::{Resource, type_name};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use async_trait::async_trait;
use core::convert::Infallible;

/// Where a guard stands while no handle has it.
pub(super) struct Desk<G>(Mutex<Option<G>>);

impl<G> Desk<G> {
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

    /// Accounts for an exit that was late, and abandons what has not begun.
    fn cut(&mut self);

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
    /// Those of drops: an exit that is cut must not panic where it is dropped, or it would cut the others, too.
    panics: Panics,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    In,
    Leaving,
    Out,
}

impl<R: Resource> Entry<R> {
    /// Keeps a member whose guard is with a handle.
    pub(super) fn new(resource: R, place: Place) -> (Self, Arc<Desk<R::Guard>>) {
        let desk = Arc::new(Desk(Mutex::new(None)));
        let (stage, failures, panics) = (Stage::In, Failures::default(), Panics::new());
        let entry = Self { resource, desk: Arc::clone(&desk), stage, failures, place, panics };
        (entry, desk)
    }
}

#[async_trait]
impl<R: Resource> Entered for Entry<R> {
    async fn exit(&mut self, outcome: Outcome<'_>) {
        let state = EntryState::default();
        self.stage = Stage::Leaving;
        let mut root = Root::new(self.resource.hold(), &state, &self.panics);
        root.observe(&self.place);
        root.put(self.desk.take());
        root.exit(Some(outcome)).await;
        self.failures.append(root.take_failures());
        self.stage = Stage::Out;
    }

    fn abandon(&mut self, panics: &Panics) {
        if let Some(guard) = self.desk.take() {
            let state = EntryState::default();
            let mut root = Root::new(self.resource.hold(), &state, panics);
            root.observe(&self.place);
            root.put(Some(guard));
        }
        self.panics.take().into_iter().for_each(|panic| panics.push(panic));
    }

    fn observe(&mut self, place: Place) {
        self.place = place;
    }

    fn place(&self) -> &Place {
        &self.place
    }

    fn cut(&mut self) {
        match self.stage {
            Stage::In => {
                let mut hold = self.resource.hold();
                if self.place.is_watched() {
                    hold.observe(&self.place);
                }
                hold.put(self.desk.take());
                hold.cut(Cut::ExitLate);
                let late = hold.failures(Phase::Exit, Convert::Into);
                drop(hold);
                self.failures.append(late);
                self.stage = Stage::Out;
            }
            Stage::Leaving => {
                late(&self.name(), &mut self.failures);
                self.place.late();
            }
            Stage::Out => {}
        }
    }

    fn failures(&mut self) -> Failures {
        for panic in self.panics.take() {
            self.failures.add_panic(Name::OfType(&self.name()), Phase::Exit, panic);
        }
        core::mem::take(&mut self.failures)
    }

    fn name(&self) -> String {
        catch(|| self.resource.name().to_owned()).unwrap_or_else(|_| type_name::<R>().to_owned())
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

/// Says that the exit of a member was late.
pub(super) fn late(name: &str, to: &mut Failures) {
    let late = Fault::<Infallible>::own(Elapsed::new());
    late.tell(Name::OfType(name), Phase::Exit, &mut Convert::Into, to);
}
