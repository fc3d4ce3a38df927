use super::UsageError;
use crate::error::BoxError;
use crate::kind::kind_of;
use crate::outcome::Outcome;
use crate::panic_log::PanicLog;
use crate::resource::Resource;
use crate::unwind::catch;
use core::fmt;

/// A resource from closures, with one more closure for its guard: that one is called if the exit cannot be awaited.
/// Returned by `or_abandon` of [`ResourceFn`](crate::ResourceFn::or_abandon), [`Adopt`](crate::Adopt::or_abandon),
/// [`Around`](crate::Around::or_abandon) and [`Defer`](crate::Defer::or_abandon).
#[must_use = "a resource does nothing until a scope enters it"]
pub struct OrAbandon<R, A> {
    /// `None` once it was abandoned. What the closures captured is gone then, and so is the function of `around`.
    resource: Option<R>,
    abandon: Option<A>,
}

impl<R, A> OrAbandon<R, A> {
    pub(super) fn new(resource: R, abandon: A) -> Self {
        Self { resource: Some(resource), abandon: Some(abandon) }
    }
}

impl<R: fmt::Debug, A> fmt::Debug for OrAbandon<R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrAbandon").field("resource", &self.resource).finish_non_exhaustive()
    }
}

impl<R, A> Resource for OrAbandon<R, A>
where
    R: Resource<Error = BoxError>,
    A: FnOnce(R::Guard) + Send,
{
    type Guard = R::Guard;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<R::Guard, BoxError> {
        self.resource.as_mut().ok_or(UsageError::UsedUp)?.enter().await
    }

    async fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> Result<(), BoxError> {
        self.resource.as_mut().ok_or(UsageError::UsedUp)?.exit(guard, outcome).await
    }

    /// Calls the closure with the guard, and then drops the resource, which cannot be entered again.
    fn abandon(&mut self, guard: R::Guard) {
        let panics = PanicLog::new();
        let called = catch(|| match self.abandon.take() {
            Some(abandon) => abandon(guard),
            None => drop(guard),
        });
        if let Err(panic) = called {
            panics.push(panic);
        }
        panics.drop(self.resource.take());
    }

    fn exit_dropped(&mut self) {
        if let Some(resource) = &mut self.resource {
            resource.exit_dropped();
        }
    }

    fn name(&self) -> &str {
        self.resource.as_ref().map_or(kind_of::<R>(), R::name)
    }
}
