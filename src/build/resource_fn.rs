use super::closures::{Call, Exit, OfBoth};
use super::{Misuse, SendExit};
use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::resource::Resource;
use std::fmt;

/// Makes a resource from two async closures: one that gives a guard, and one that gets it back with the
/// [`Outcome`](crate::Outcome).
///
/// Both return a boxed error, so that a `?` in them takes every error. Each is called at most once.
///
/// # Errors
///
/// Those of the closures. A second enter is an error that says so.
///
/// # Cancel safety
///
/// If the future of the enter is dropped, so is the closure's future, and there is nothing to exit. If the future of the
/// exit is dropped, the guard is dropped with it. If the scope is dropped in between, the guard is dropped, and the exit
/// not run.
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
pub fn resource<'a, G, N, X, Fut>(enter: N, exit: X) -> ResourceFn<'a, G>
where
    G: Send + 'a,
    N: FnOnce() -> Fut + Send + 'a,
    Fut: Future<Output = Result<G, BoxError>> + Send + 'a,
    for<'o> X: SendExit<G, Outcome<'o>> + 'a,
{
    ResourceFn { enter: Some(Box::new(|()| Box::pin(enter()))), exit: Some(Box::new(OfBoth(exit))) }
}

/// Is entered and exited by two closures. Made by [`resource`].
#[must_use = "a resource does nothing until a scope enters it"]
pub struct ResourceFn<'a, G> {
    enter: Option<Call<'a, (), G>>,
    exit: Option<Box<dyn Exit<G> + 'a>>,
}

impl<G> fmt::Debug for ResourceFn<'_, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceFn").field("is_used_up", &self.enter.is_none()).finish_non_exhaustive()
    }
}

impl<G: Send> Resource for ResourceFn<'_, G> {
    type Guard = G;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<G, BoxError> {
        let enter = self.enter.take().ok_or(Misuse::UsedUp)?;
        enter(()).await
    }

    async fn exit(&mut self, guard: G, outcome: Outcome<'_>) -> Result<(), BoxError> {
        let exit = self.exit.take().ok_or(Misuse::UsedUp)?;
        exit.run(guard, outcome).await
    }
}
