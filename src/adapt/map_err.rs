use crate::error::{BoxError, Failures, Phase};
use crate::group::{Group, sealed};
use crate::member::{EnterContext, Hold, HoldToken, Interruption, MapError, unmapped};
use crate::outcome::Outcome;
use crate::resource::Resource;
use core::fmt;
use core::marker::PhantomData;

/// Maps the errors of a resource. Returned by [`map_err`](crate::ResourceExt::map_err).
#[derive(Clone)]
#[must_use = "a resource does nothing until a scope enters it"]
pub struct MapErr<R, F> {
    resource: R,
    map: F,
}

impl<R, F> MapErr<R, F> {
    pub(super) fn new(resource: R, map: F) -> Self {
        Self { resource, map }
    }
}

impl<R: fmt::Debug, F> fmt::Debug for MapErr<R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapErr").field("resource", &self.resource).finish_non_exhaustive()
    }
}

impl<R: Resource, E: Into<BoxError> + Send, F: FnMut(R::Error) -> E + Send> Resource for MapErr<R, F> {
    type Guard = R::Guard;
    type Error = E;

    async fn enter(&mut self) -> Result<R::Guard, E> {
        self.resource.enter().await.map_err(&mut self.map)
    }

    async fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> Result<(), E> {
        self.resource.exit(guard, outcome).await.map_err(&mut self.map)
    }

    delegate_resource!(resource: abandon exit_dropped name);

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = E> {
        Held { hold: self.resource.hold(HoldToken), map: &mut self.map, to: PhantomData }
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = E> {
        Held { hold: self.resource.into_hold(HoldToken), map: self.map, to: PhantomData }
    }
}

impl<G: Group, E: Into<BoxError> + Send, F: FnMut(G::Error) -> E + Send> sealed::Sealed for MapErr<G, F> {}
impl<G: Group, E: Into<BoxError> + Send, F: FnMut(G::Error) -> E + Send> Group for MapErr<G, F> {}

struct Held<H, F, E> {
    hold: H,
    map: F,
    to: PhantomData<fn() -> E>,
}

impl<H: Hold, E: Into<BoxError>, F: FnMut(H::Error) -> E + Send> Hold for Held<H, F, E> {
    type Guard = H::Guard;
    type Error = E;

    forward_hold!(hold: attend observe enter exit take put show abandon interrupt is_in name_sets reach name add_names);

    /// Panics and errors of this crate, such as a missed deadline, are not the resource's and are not mapped.
    fn failures(&mut self, phase: Phase, mut map: MapError<'_, E>) -> Failures {
        let mut mapped = |error: Result<H::Error, BoxError>| {
            let error = error.map(&mut self.map);
            match &mut map {
                Some(map) => map(error),
                None => unmapped(error),
            }
        };
        self.hold.failures(phase, Some(&mut mapped))
    }
}
