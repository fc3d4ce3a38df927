//! One type for every shape: a resource whose guard is boxed. So a shape can be made at run time.

use crate::check::Ids;
use std::any::Any;
use withal::hidden::{Borrower, Convert, Cut, Entry, Exit, Hold, Place};
use withal::{BoxResource, Failures, Outcome, Phase, Resource, ResourceExt};

/// Any shape.
pub type Erased = BoxResource<'static, Guard>;

/// Any shape's guard.
pub struct Guard(Box<dyn AnyIds>);

pub trait AnyIds: Ids + Send {
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<G: Any + Ids + Send> AnyIds for G {
    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

impl Ids for Guard {
    fn ids(&self) -> Vec<usize> {
        self.0.ids()
    }
}

impl Guard {
    fn new(guard: impl AnyIds + 'static) -> Self {
        Self(Box::new(guard))
    }

    fn into<G: 'static>(self) -> G {
        *self.0.into_any().downcast().expect("a guard goes back to the shape that gave it")
    }
}

pub fn erased(resource: impl Resource<Guard: Ids> + 'static) -> Erased {
    Erase(resource).boxed()
}

/// An adaptor as those of the crate are: members stay members of one set with all others.
struct Erase<R>(R);

impl<R: Resource<Guard: Ids + 'static>> Resource for Erase<R> {
    type Guard = Guard;
    type Error = R::Error;

    async fn enter(&mut self) -> Result<Guard, R::Error> {
        self.0.enter().await.map(Guard::new)
    }

    async fn exit(&mut self, guard: Guard, outcome: Outcome<'_>) -> Result<(), R::Error> {
        self.0.exit(guard.into(), outcome).await
    }

    fn abandon(&mut self, guard: Guard) {
        self.0.abandon(guard.into());
    }

    fn exit_dropped(&mut self) {
        self.0.exit_dropped();
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn hold(&mut self) -> impl Hold<Guard = Guard, Error = R::Error> {
        Held(self.0.hold())
    }

    fn into_hold(self) -> impl Hold<Guard = Guard, Error = R::Error> {
        Held(self.0.into_hold())
    }
}

struct Held<H>(H);

impl<H: Hold<Guard: Ids + 'static>> Hold for Held<H> {
    type Guard = Guard;
    type Error = H::Error;

    fn observe(&mut self, place: &Place) {
        self.0.observe(place);
    }

    fn enter(&mut self, entry: Entry<'_>) -> impl Future<Output = bool> + Send {
        self.0.enter(entry)
    }

    fn exit(&mut self, exit: &Exit<'_>) -> impl Future<Output = bool> + Send {
        self.0.exit(exit)
    }

    fn take(&mut self) -> Guard {
        Guard::new(self.0.take())
    }

    fn put(&mut self, guard: Option<Guard>, by: Borrower) -> bool {
        self.0.put(guard.map(Guard::into), by)
    }

    fn is_in(&self) -> bool {
        self.0.is_in()
    }

    fn name_sets(&mut self, name: &str) {
        self.0.name_sets(name);
    }

    fn abandon(&mut self) {
        self.0.abandon();
    }

    fn cut(&mut self, cut: Cut) {
        self.0.cut(cut);
    }

    fn failures(&mut self, phase: Phase, convert: Convert<'_, H::Error>) -> Failures {
        self.0.failures(phase, convert)
    }

    fn name(&self) -> String {
        self.0.name()
    }

    fn failures_in(error: &mut H::Error) -> Option<&mut Failures> {
        H::failures_in(error)
    }

    fn add_names(&mut self, phase: Phase, failures: &mut Failures) {
        self.0.add_names(phase, failures);
    }
}
