//! One type for chains of every shape, so that what is done to them is compiled once.

use std::any::Any;
use withal::hidden::{Borrower, Convert, Cut, Entry, Exit, Hold, Place};
use withal::{BoxResource, Failures, Outcome, Phase, Resource, ResourceExt};

/// A resource whose guard is boxed.
pub(crate) type Erased = BoxResource<'static, Guard>;

type Guard = Box<dyn Any + Send>;

pub(crate) fn erased(resource: impl Resource<Guard: 'static> + 'static) -> Erased {
    Erase(resource).boxed()
}

/// An adaptor as those of the crate are: members stay members of one set with all others.
struct Erase<R>(R);

fn into<G: 'static>(guard: Guard) -> G {
    *guard.downcast().expect("a guard goes back to the shape that gave it")
}

impl<R: Resource<Guard: 'static>> Resource for Erase<R> {
    type Guard = Guard;
    type Error = R::Error;

    async fn enter(&mut self) -> Result<Guard, R::Error> {
        self.0.enter().await.map(|guard| Box::new(guard) as Guard)
    }

    async fn exit(&mut self, guard: Guard, outcome: Outcome<'_>) -> Result<(), R::Error> {
        self.0.exit(into(guard), outcome).await
    }

    fn abandon(&mut self, guard: Guard) {
        self.0.abandon(into(guard));
    }

    fn hold(&mut self) -> impl Hold<Guard = Guard, Error = R::Error> {
        Held(self.0.hold())
    }

    fn into_hold(self) -> impl Hold<Guard = Guard, Error = R::Error> {
        Held(self.0.into_hold())
    }
}

struct Held<H>(H);

impl<H: Hold<Guard: 'static>> Hold for Held<H> {
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
        Box::new(self.0.take())
    }

    fn put(&mut self, guard: Option<Guard>, by: Borrower) -> bool {
        self.0.put(guard.map(into), by)
    }

    fn abandon(&mut self) {
        self.0.abandon();
    }

    fn cut(&mut self, cut: Cut) {
        self.0.cut(cut);
    }

    fn is_in(&self) -> bool {
        self.0.is_in()
    }

    fn failures(&mut self, phase: Phase, convert: Convert<'_, H::Error>) -> Failures {
        self.0.failures(phase, convert)
    }
}
