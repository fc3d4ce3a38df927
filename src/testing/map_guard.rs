use crate::error::{Failures, Phase};
use crate::member::{Borrower, EnterContext, Hold, HoldToken, Interruption, MapError};
use crate::outcome::Outcome;
use crate::resource::Resource;

/// Converts the guard of a resource, and converts it back for its exit.
///
/// The adaptors of this crate keep the guard, so that a body can destructure it. The tests of this crate replace it, so
/// that resources of every shape have one type. The members of the resource stay part of the set around it, as with the
/// other adaptors.
#[doc(hidden)]
pub fn map_guard<R: Resource, G: Send>(
    resource: R,
    to: fn(R::Guard) -> G,
    from: fn(G) -> R::Guard,
) -> impl Resource<Guard = G, Error = R::Error> {
    MapGuard { resource, to, from }
}

struct MapGuard<R: Resource, G> {
    resource: R,
    to: fn(R::Guard) -> G,
    from: fn(G) -> R::Guard,
}

impl<R: Resource, G: Send> Resource for MapGuard<R, G> {
    type Guard = G;
    type Error = R::Error;

    async fn enter(&mut self) -> Result<G, R::Error> {
        self.resource.enter().await.map(self.to)
    }

    async fn exit(&mut self, guard: G, outcome: Outcome<'_>) -> Result<(), R::Error> {
        self.resource.exit((self.from)(guard), outcome).await
    }

    fn abandon(&mut self, guard: G) {
        self.resource.abandon((self.from)(guard));
    }

    fn exit_dropped(&mut self) {
        self.resource.exit_dropped();
    }

    fn name(&self) -> &str {
        self.resource.name()
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = G, Error = R::Error> {
        Held { hold: self.resource.hold(HoldToken), to: self.to, from: self.from }
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = G, Error = R::Error> {
        Held { hold: self.resource.into_hold(HoldToken), to: self.to, from: self.from }
    }
}

struct Held<H: Hold, G> {
    hold: H,
    to: fn(H::Guard) -> G,
    from: fn(G) -> H::Guard,
}

impl<H: Hold, G: Send> Hold for Held<H, G> {
    type Guard = G;
    type Error = H::Error;

    forward_hold!(hold: attend observe enter exit abandon interrupt is_in name_sets reach name add_names);

    fn take(&mut self) -> G {
        (self.to)(self.hold.take())
    }

    fn put(&mut self, guard: Option<G>, by: Borrower) -> bool {
        self.hold.put(guard.map(self.from), by)
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, H::Error>) -> Failures {
        self.hold.failures(phase, map)
    }

    fn failures_in(error: &mut H::Error) -> Option<&mut Failures> {
        H::failures_in(error)
    }
}
