use crate::outcome::Outcome;
use crate::resource::Resource;
use core::convert::Infallible;
use core::error::Error;
use core::fmt;
use core::marker::PhantomData;

/// Creates a member that votes to suppress the body's error if it is an `X`, for scopes that are run by
/// [`run_or_suppress`](crate::Scope::run_or_suppress).
///
/// It looks for the error as [`Cause::downcast_ref`](crate::Cause::downcast_ref) does: the error itself or one inside a
/// `Box<dyn Error + Send + Sync>`. With the feature `anyhow` it finds one inside an `anyhow::Error`, too, also behind
/// contexts. A [`ScopeError`](crate::ScopeError), which is the body's error if it could not enter a member of a stack,
/// counts as an `X` if all failures in it are.
///
/// An inner resource of [`around`](crate::around()) does not receive the error, and neither does any exit under
/// [`run_or_suppress_local`](crate::Scope::run_or_suppress_local), so it never votes there.
///
/// # Examples
///
/// ```
/// use std::fmt;
/// use withal::{BoxError, Scope, suppress};
///
/// # futures::executor::block_on(async {
/// let body = async |_: &mut _| Err::<(), BoxError>(fmt::Error.into());
/// let suppressed = Scope::new((suppress::<fmt::Error>(), ())).run_or_suppress(body).await;
/// assert!(matches!(suppressed, Ok(None)));
/// let other = Scope::new((suppress::<std::io::Error>(), ())).run_or_suppress(body).await;
/// assert!(other.unwrap_err().is::<fmt::Error>());
/// # });
/// ```
pub fn suppress<X: Error + Send + Sync + 'static>() -> Suppress<X> {
    Suppress(PhantomData)
}

/// Votes to suppress errors of type `X`. Returned by [`suppress`].
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Suppress<X>(PhantomData<fn() -> X>);

impl<X> Clone for Suppress<X> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<X> Copy for Suppress<X> {}

impl<X> fmt::Debug for Suppress<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Suppress").field(&core::any::type_name::<X>()).finish()
    }
}

impl<X: Error + Send + Sync + 'static> Resource for Suppress<X> {
    type Guard = ();
    type Error = Infallible;

    async fn enter(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    async fn exit(&mut self, (): (), outcome: Outcome<'_>) -> Result<(), Infallible> {
        if let Outcome::Failed(cause) = outcome {
            if cause.is::<X>() {
                cause.suppress();
            }
        }
        Ok(())
    }
}
