use super::FailFast;
use crate::body::SendBody;
use crate::error::{BodyError, ScopeError};
use crate::group::Group;
use crate::resource::Resource;
use crate::scope::Scope;
use std::fmt;

/// Opens a scope over a resource, or adapts it: implemented for all of them.
pub trait ResourceExt: Resource + Sized {
    /// Enters the resource, runs the body, exits the resource.
    fn scope<'a, T, E, F>(self, body: F) -> impl Future<Output = Result<T, E>> + Send + 'a
    where
        Self: 'a,
        T: Send + 'a,
        E: BodyError,
        for<'r> F: AsyncFnOnce(&'r mut Self::Guard) -> Result<T, E> + SendBody<&'r mut Self::Guard, Result<T, E>> + 'a,
    {
        Scope::new(self).run(body)
    }

    /// Does what [`scope`](Self::scope) does, for a body that is not `Send`.
    fn scope_local<'a, T, E, F>(self, body: F) -> impl Future<Output = Result<T, E>> + 'a
    where
        Self: 'a,
        T: 'a,
        E: From<ScopeError> + fmt::Debug + 'static,
        F: AsyncFnOnce(&mut Self::Guard) -> Result<T, E> + 'a,
    {
        Scope::new(self).run_local(body)
    }

    /// Drops the enters in flight at the first failure.
    fn fail_fast(self) -> FailFast<Self>
    where
        Self: Group,
    {
        FailFast::new(self)
    }
}

impl<R: Resource> ResourceExt for R {}
