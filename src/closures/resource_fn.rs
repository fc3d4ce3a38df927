use super::call_once::{ExitOnce, Poller};
use super::{SendExit, UsageError};
use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::resource::Resource;
use core::fmt;
use core::pin::pin;

/// Creates a resource from two async closures: one that returns a guard, and one that receives the guard and the
/// [`Outcome`](crate::Outcome).
///
/// Both return a boxed error, so that `?` converts every error. Each is called at most once. In failures the name of
/// the resource is `ResourceFn`, unless it is [`named`](crate::ResourceExt::named).
///
/// # Errors
///
/// Those of the closures. A second enter returns an error.
///
/// # Cancel safety
///
/// If the future of the enter is dropped, so is the closure's future, and there is nothing to exit. If the future of
/// the exit is dropped, the guard is dropped with it. If the scope is dropped in between, the guard is dropped, and the
/// exit is not run.
///
/// # Examples
///
/// ```
/// use withal::{Outcome, ResourceExt, resource};
///
/// # futures::executor::block_on(async {
/// let path = std::env::temp_dir().join(format!("withal-resource-{}", std::process::id()));
/// let file = resource(
///     async || Ok(std::fs::File::create_new(&path)?),
///     async |file, outcome| {
///         drop(file);
///         if !matches!(outcome, Outcome::Completed) {
///             std::fs::remove_file(&path)?;
///         }
///         Ok(())
///     },
/// );
/// let failed = file.scope(async |_file| Err::<(), _>(anyhow::anyhow!("out of luck"))).await;
/// assert!(failed.is_err() && !path.exists());
/// # });
/// ```
#[doc(alias = "bracket")]
#[doc(alias = "setup")]
#[doc(alias = "teardown")]
pub fn resource<G, N, X, F>(enter: N, exit: X) -> ResourceFn<G, N, X, F>
where
    G: Send,
    N: FnOnce() -> F + Send,
    F: Future<Output = Result<G, BoxError>> + Send,
    for<'o> X: SendExit<G, Outcome<'o>>,
{
    ResourceFn { enter: Some(enter), call: |enter| enter(), poller: Poller::new(), exit: ExitOnce::new(exit) }
}

/// A resource that is entered and exited by two closures. Created by [`resource`].
#[must_use = "a resource does nothing until a scope enters it"]
pub struct ResourceFn<G, N, X, F> {
    enter: Option<N>,
    call: fn(N) -> F,
    poller: Poller<F, G>,
    exit: ExitOnce<X, G>,
}

impl<G, N, X, F> fmt::Debug for ResourceFn<G, N, X, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceFn").field("is_used_up", &self.enter.is_none()).finish_non_exhaustive()
    }
}

impl<G: Send, N: Send, X: Send, F: Send> Resource for ResourceFn<G, N, X, F> {
    type Guard = G;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<G, BoxError> {
        let enter = self.enter.take().ok_or(UsageError::UsedUp)?;
        self.poller.run(pin!((self.call)(enter))).await
    }

    async fn exit(&mut self, guard: G, outcome: Outcome<'_>) -> Result<(), BoxError> {
        self.exit.run(guard, outcome).await
    }
}
