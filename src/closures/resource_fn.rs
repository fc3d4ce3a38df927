use super::call_once::{ExitOnce, Poller};
use super::{OrAbandon, SendExit, UsageError};
use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::resource::Resource;
use core::fmt;
use core::pin::pin;

/// Creates a resource from two async closures: one that returns a guard, and one that receives the guard and the
/// [`Outcome`](crate::Outcome).
///
/// Both return a boxed error: they end in `Ok(expression?)`, whose `?` converts every error. Each is called at most
/// once. In failures the name of the resource is `ResourceFn`, unless it is [`named`](crate::ResourceExt::named).
///
/// It can be entered once, because the closures may give away what they captured. For another scope, or another attempt
/// after an enter that failed, create a new one: [`retry_with`](crate::retry_with) takes a function that does. A type
/// of your own that implements [`Resource`] can be entered again.
///
/// # Errors
///
/// Those of the closures. A second enter returns an error.
///
/// # Cancel safety
///
/// If the future of the enter is dropped, so is the closure's future, and there is nothing to exit. If the future of
/// the exit is dropped, the guard is dropped with it. If the scope is dropped in between, the guard is dropped, and the
/// exit is not run: [`or_abandon`](ResourceFn::or_abandon) adds a closure for that.
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
    G: Send,                 // a guard that is not `Send` needs a `LocalResource`, by `local(..)`
    N: FnOnce() -> F + Send, // captures what is not `Send`? a `LocalResource`, by `local(..)`
    F: Future<Output = Result<G, BoxError>> + Send, // drop that value before the `.await`
    for<'o> X: SendExit<G, Outcome<'o>>,
{
    ResourceFn { enter: Some(enter), call: |enter| enter(), poller: Poller::new(), exit: ExitOnce::new(exit) }
}

/// A resource that is entered and exited by two closures. Returned by [`resource`].
#[must_use = "a resource does nothing until a scope enters it"]
pub struct ResourceFn<G, N, X, F> {
    enter: Option<N>,
    call: fn(N) -> F,
    poller: Poller<F, G>,
    exit: ExitOnce<X, G>,
}

impl<G, N, X, F> ResourceFn<G, N, X, F> {
    /// Adds a closure that receives the guard if the exit cannot be awaited. By default the guard is dropped then.
    ///
    /// An exit cannot be awaited if the scope's future (or the stack or pool that held the member) is dropped, if the
    /// signal of [`abandon_on`](crate::Scope::abandon_on) fires, or if a deadline passes before the exit begins.
    ///
    /// It does not run if an exit that has begun is dropped, or an enter. Clean-up that has to run in any case belongs
    /// in the `Drop` of the guard, or of a local of [`around`](crate::around()).
    ///
    /// It is called instead of the exit, at most once (law [`exactly-once`](crate::laws#exactly-once)), where a
    /// resource of your own has [`abandon`](Resource::abandon). It is not called if the future of an exit that has
    /// begun is dropped: the guard is dropped with that future.
    ///
    /// # Panics
    ///
    /// A panic of the closure is caught. The other members are still abandoned.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::FutureExt;
    /// use std::future::pending;
    /// use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    /// use withal::{ResourceExt, resource};
    ///
    /// let killed = AtomicBool::new(false);
    /// let process = resource(async || Ok("process 7"), async |_, _| Ok(println!("it is asked to end, and awaited")))
    ///     .or_abandon(|process| {
    ///         println!("{process} is killed");
    ///         killed.store(true, SeqCst);
    ///     });
    /// let scope = process.scope(async |_| anyhow::Ok(pending::<()>().await));
    /// assert!(scope.now_or_never().is_none()); // dropped in its body
    /// assert!(killed.load(SeqCst));
    /// ```
    pub fn or_abandon<A: FnOnce(G) + Send>(self, abandon: A) -> OrAbandon<Self, A> {
        OrAbandon::new(self, abandon)
    }
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
