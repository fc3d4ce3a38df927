use crate::group::{Group, sealed};
use crate::member::{Hold, HoldToken, NamedHold, failures_in};
use crate::outcome::Outcome;
use crate::resource::Resource;
use alloc::borrow::Cow;

/// Sets the name of a resource in errors. Returned by [`named`](crate::ResourceExt::named).
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
        NamedHold::new(self.resource.hold(HoldToken), &*self.name)
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = R::Error> {
        NamedHold::new(self.resource.into_hold(HoldToken), self.name)
    }
}

impl<G: Group> sealed::Sealed for Named<G> {}
impl<G: Group> Group for Named<G> {}
