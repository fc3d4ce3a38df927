use super::state::Core;
use crate::member::{Hold, HoldToken};
use crate::outcome::Outcome;
use crate::resource::Resource;
use alloc::sync::Arc;

/// The inner resource while it is not at home. When this is dropped, for whatever reason, the resource is back at home,
/// to be entered anew.
pub(super) struct Lent<R: Resource<Guard: Sync> + 'static> {
    /// `Some` until this is dropped.
    resource: Option<R>,
    core: Arc<Core<R>>,
}

impl<R: Resource<Guard: Sync> + 'static> Lent<R> {
    pub(super) fn new(resource: R, core: Arc<Core<R>>) -> Self {
        Self { resource: Some(resource), core }
    }

    fn resource(&mut self) -> &mut R {
        self.resource.as_mut().expect("it is there until this is dropped")
    }
}

impl<R: Resource<Guard: Sync> + 'static> Resource for Lent<R> {
    type Guard = R::Guard;
    type Error = R::Error;

    fn enter(&mut self) -> impl Future<Output = Result<R::Guard, R::Error>> + Send {
        self.resource().enter()
    }

    fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> impl Future<Output = Result<(), R::Error>> + Send {
        self.resource().exit(guard, outcome)
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = R::Error> {
        self.resource().hold(HoldToken)
    }
}

impl<R: Resource<Guard: Sync> + 'static> Drop for Lent<R> {
    fn drop(&mut self) {
        if let Some(resource) = self.resource.take() {
            self.core.come_home(resource);
        }
    }
}
