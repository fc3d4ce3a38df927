use super::task::TaskWaiter;
use crate::error::Failures;
use crate::outcome::OutcomeCopy;
use alloc::sync::Arc;
use core::fmt;
use core::ops::Deref;

/// One use of a shared resource: the guard of a [`Shared`](crate::Shared). It derefs to the guard of the inner
/// resource.
///
/// The use is the guard's, and not the scope's. So the body may swap the guards of two shared resources, and each
/// resource is exited by its own last use. If a guard is dropped elsewhere, because the body moved it out of its place,
/// that ends the use. If it was the last one, nobody can await the exit: the resource is
/// [abandoned](crate::Resource::abandon), or [lingers](crate::Shared::linger).
pub struct SharedGuard<G> {
    /// `Some` until the use has ended.
    guard: Option<Arc<G>>,
    uses: Arc<dyn Uses<G>>,
}

/// The shared resource that a guard is a use of. It hides the type of the resource, because the body can swap guards
/// of resources of different types.
pub(super) trait Uses<G>: Send + Sync {
    /// Ends a use. If it was the last one, returns the exit, which the caller waits for.
    fn exit(self: Arc<Self>, guard: Arc<G>, outcome: &Arc<OutcomeCopy>) -> Option<TaskWaiter<Failures>>;

    /// Ends a use without awaiting anything.
    fn let_go(self: Arc<Self>, guard: Arc<G>);
}

impl<G> SharedGuard<G> {
    pub(super) fn new(guard: Arc<G>, uses: Arc<dyn Uses<G>>) -> Self {
        Self { guard: Some(guard), uses }
    }

    /// Not a method, which would hide one of the inner guard.
    pub(super) fn exit(mut this: Self, outcome: &Arc<OutcomeCopy>) -> Option<TaskWaiter<Failures>> {
        Arc::clone(&this.uses).exit(this.guard.take()?, outcome)
    }
}

impl<G> Deref for SharedGuard<G> {
    type Target = G;

    fn deref(&self) -> &G {
        self.guard.as_ref().expect("it is there until this is dropped")
    }
}

impl<G: fmt::Debug> fmt::Debug for SharedGuard<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedGuard").field(&**self).finish()
    }
}

impl<G> Drop for SharedGuard<G> {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            Arc::clone(&self.uses).let_go(guard);
        }
    }
}
