use crate::error::{BoxError, Failures, Phase};
use crate::group::{Group, sealed};
use crate::member::{EnterContext, Hold, HoldToken, Interruption, MapError, failures_in};
use crate::observe::MemberPath;
use crate::outcome::Outcome;
use crate::resource::Resource;
use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;

/// Sets the name of a resource in errors. Created by [`named`](crate::ResourceExt::named).
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

impl<R: Resource> Named<R> {
    /// Adds the name to the failures of a group that is called by hand.
    fn rename(&self, mut error: R::Error) -> R::Error {
        if let Some(failures) = failures_in(R::hold, &mut error) {
            failures.rename(&self.name);
        }
        error
    }
}

impl<R: Resource> Resource for Named<R> {
    type Guard = R::Guard;
    type Error = R::Error;

    async fn enter(&mut self) -> Result<R::Guard, R::Error> {
        let entered = self.resource.enter().await;
        entered.map_err(|error| self.rename(error))
    }

    async fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> Result<(), R::Error> {
        let exited = self.resource.exit(guard, outcome).await;
        exited.map_err(|error| self.rename(error))
    }

    delegate_resource!(resource: abandon exit_dropped);

    fn name(&self) -> &str {
        &self.name
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = R::Error> {
        Held::new(self.resource.hold(HoldToken), &*self.name)
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = R::Error> {
        Held::new(self.resource.into_hold(HoldToken), self.name)
    }
}

impl<G: Group> sealed::Sealed for Named<G> {}
impl<G: Group> Group for Named<G> {}

struct Held<H, N> {
    hold: H,
    name: N,
}

impl<H: Hold, N: AsRef<str>> Held<H, N> {
    fn new(mut hold: H, name: N) -> Self {
        hold.name_sets(name.as_ref());
        Self { hold, name }
    }
}

impl<H: Hold, N: AsRef<str> + Send> Hold for Held<H, N> {
    type Guard = H::Guard;
    type Error = H::Error;

    fn observe(&mut self, place: &MemberPath) {
        self.hold.observe(&place.named(self.name.as_ref()));
    }

    forward_hold!(hold: attend enter exit take put show abandon interrupt is_in name_sets reach);

    /// The names are added first, so that a function that maps a group's failures receives them with the group's name.
    fn failures(&mut self, phase: Phase, map: MapError<'_, H::Error>) -> Failures {
        let name = self.name.as_ref();
        let mut all = match map {
            None => self.hold.failures(phase, None),
            Some(map) => {
                let mut named = |mut error: Result<H::Error, BoxError>| {
                    if let Ok(Some(failures)) = error.as_mut().map(H::failures_in) {
                        failures.rename(name);
                    }
                    map(error)
                };
                self.hold.failures(phase, Some(&mut named))
            }
        };
        all.rename(name);
        all
    }

    fn name(&self) -> String {
        self.name.as_ref().to_owned()
    }

    fn failures_in(error: &mut H::Error) -> Option<&mut Failures> {
        H::failures_in(error)
    }

    fn add_names(&mut self, phase: Phase, failures: &mut Failures) {
        self.hold.add_names(phase, failures);
        failures.rename(self.name.as_ref());
    }
}
