use crate::error::{Failures, Phase};
use crate::group::{Group, Width, sealed};
use crate::hold::{Convert, Cut, Entry, Hold};
use crate::observe::Place;
use crate::outcome::Outcome;
use crate::resource::Resource;
use alloc::borrow::Cow;

/// Gives a resource a name in errors. Made by [`named`](crate::ResourceExt::named).
#[derive(Clone, Debug)]
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Named<R> {
    resource: R,
    name: Cow<'static, str>,
}

impl<R> Named<R> {
    pub(super) fn new(resource: R, name: Cow<'static, str>) -> Self {
        Self { resource, name }
    }
}

impl<R: Resource> Resource for Named<R> {
    type Guard = R::Guard;
    type Error = R::Error;

    fn enter(&mut self) -> impl Future<Output = Result<R::Guard, R::Error>> + Send {
        self.resource.enter()
    }

    fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> impl Future<Output = Result<(), R::Error>> + Send {
        self.resource.exit(guard, outcome)
    }

    fn abandon(&mut self, guard: R::Guard) {
        self.resource.abandon(guard);
    }

    fn exit_dropped(&mut self) {
        self.resource.exit_dropped();
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn hold(&mut self) -> impl Hold<Guard = R::Guard, Error = R::Error> {
        Held::new(self.resource.hold(), &self.name)
    }
}

impl<G: Group> sealed::Sealed for Named<G> {}
impl<G: Group> Group for Named<G> {
    fn hold_in<W: Width>(&mut self, width: W) -> impl Hold<Guard = G::Guard, Error = G::Error> {
        Held::new(self.resource.hold_in(width), &self.name)
    }
}

struct Held<'a, H> {
    hold: H,
    name: &'a str,
}

impl<'a, H: Hold> Held<'a, H> {
    fn new(mut hold: H, name: &'a str) -> Self {
        hold.name_sets(name);
        Self { hold, name }
    }
}

impl<H: Hold> Hold for Held<'_, H> {
    type Guard = H::Guard;
    type Error = H::Error;

    fn observe(&mut self, place: &Place) {
        self.hold.observe(&place.named(self.name));
    }

    forward_hold!(hold: enter exit take put abandon cut is_in name_sets reach);

    fn failures(&mut self, phase: Phase, convert: Convert<'_, H::Error>) -> Failures {
        let mut all = self.hold.failures(phase, convert);
        all.rename(self.name);
        all
    }
}
