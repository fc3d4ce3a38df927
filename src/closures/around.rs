use super::call_once::Poller;
use super::handoff::Handoff;
use super::lend::Lend;
use super::{OrAbandon, UsageError};
use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::panic_log::PanicLog;
use crate::resource::Resource;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::Poll;

/// Creates a resource from one async function: the code before `lend.lend(guard).await` enters, the code after it
/// exits, and locals live across both.
///
/// Lending consumes `lend`, so a function that lends twice does not compile. [`Lend::through`] lends the guard of an
/// inner resource. That resource can borrow from the function's locals, but a guard cannot. The function returns a
/// boxed error, so that `?` converts every error. It is not polled while the body runs. It receives the kind of the
/// outcome, but not the error: for an exit that reads the error, or votes to [suppress](crate::Cause::suppress) it, use
/// [`resource`](crate::resource()).
///
/// # Errors
///
/// Those of the function. If it returns one before it lends, the resource fails to enter, and otherwise to exit. A
/// function that returns without lending fails to enter, and one that drops the future of `lend` fails to exit; the
/// errors say so. A second enter returns an error.
///
/// # Cancel safety
///
/// If the future of the enter or of the exit is dropped, the function is dropped at its current `.await`, with all its
/// locals. If the scope is dropped in between, the guard is dropped first, or the inner resource is
/// [abandoned](Resource::abandon), and then the function is dropped. [`or_abandon`](Around::or_abandon) adds a closure
/// that receives the guard in that case.
///
/// # Examples
///
/// ```
/// use withal::{ResourceExt, around};
///
/// # futures::executor::block_on(async {
/// let path = std::env::temp_dir().join(format!("withal-around-{}", std::process::id()));
/// let directory = around(async |lend| {
///     std::fs::create_dir(&path)?;
///     let (path, kind) = lend.lend(path).await;
///     println!("{kind:?}");
///     Ok(std::fs::remove_dir_all(path)?)
/// });
/// let path = directory.scope(async |path| anyhow::Ok(path.is_dir().then(|| path.clone()))).await?;
/// assert!(path.is_some_and(|path| !path.exists()));
/// # anyhow::Ok(()) }).unwrap();
/// ```
#[doc(alias = "contextmanager")]
#[doc(alias = "asynccontextmanager")]
#[doc(alias = "fixture")]
pub fn around<G, N, F>(function: N) -> Around<G, N, F>
where
    G: Send,                                         // not inferred? Nothing is lent: `lend.lend(guard).await`
    N: FnOnce(Lend<G>) -> F + Send,                  // captures what is not `Send`? a `LocalResource`, by `local(..)`
    F: Future<Output = Result<(), BoxError>> + Send, // drop that value before the `.await`
{
    let call = |function: N, lend| function(lend);
    Around { function: Some(function), call, poller: Poller::new(), running: None, handoff: Arc::new(Handoff::new()) }
}

/// A resource that is entered by the first part of an async function, and exited by the rest. Returned by [`around`].
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Around<G, N, F> {
    function: Option<N>,
    call: fn(N, Lend<G>) -> F,
    poller: Poller<F, ()>,
    /// The function's future while its guard is lent.
    running: Option<Pin<Box<F>>>,
    handoff: Arc<Handoff<G>>,
}

impl<G, N, F> Around<G, N, F> {
    /// Adds a closure that receives the guard if the exit cannot be awaited. By default the guard is dropped then.
    ///
    /// An exit cannot be awaited if the scope's future (or the stack or pool that held the member) is dropped, if the
    /// signal of [`abandon_on`](crate::Scope::abandon_on) fires, or if a deadline passes before the exit begins.
    ///
    /// It does not run if an exit that has begun is dropped, or an enter. Clean-up that has to run in any case belongs
    /// in the `Drop` of the guard, or of a local of [`around`](crate::around()).
    ///
    /// It is called instead of the rest of the function, at most once (law [`exactly-once`](crate::laws#exactly-once)),
    /// where a resource of your own has [`abandon`](Resource::abandon). After it the function is dropped where it
    /// awaits `lend`, with all its locals; the guard does not return to it. The guard of an inner resource, which the
    /// function lends by [`Lend::through`], goes to the closure as well: the inner resource is not abandoned then.
    ///
    /// It is not called if the future of an exit that has begun is dropped.
    ///
    /// # Panics
    ///
    /// A panic of the closure is caught. The function is still dropped, and the other members are still abandoned.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::FutureExt;
    /// use std::future::pending;
    /// use withal::{ResourceExt, around};
    ///
    /// let path = std::env::temp_dir().join(format!("withal-or-abandon-{}", std::process::id()));
    /// let directory = around(async |lend| {
    ///     std::fs::create_dir(&path)?;
    ///     let (path, _) = lend.lend(path.clone()).await;
    ///     Ok(std::fs::remove_dir_all(path)?)
    /// })
    /// .or_abandon(|path| std::fs::remove_dir_all(path).unwrap_or_else(|error| println!("it is left: {error}")));
    /// let scope = directory.scope(async |path| {
    ///     assert!(path.is_dir());
    ///     anyhow::Ok(pending::<()>().await)
    /// });
    /// assert!(scope.now_or_never().is_none()); // dropped in its body
    /// assert!(!path.exists());
    /// ```
    pub fn or_abandon<A: FnOnce(G) + Send>(self, abandon: A) -> OrAbandon<Self, A> {
        OrAbandon::new(self, abandon)
    }
}

impl<G, N, F> fmt::Debug for Around<G, N, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Around").field("is_used_up", &self.function.is_none()).finish_non_exhaustive()
    }
}

impl<G: Send, N: Send, F: Send> Resource for Around<G, N, F> {
    type Guard = G;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<G, BoxError> {
        let function = self.function.take().ok_or(UsageError::UsedUp)?;
        let mut running = Box::pin((self.call)(function, Lend::new(Arc::clone(&self.handoff))));
        let guard = poll_fn(|cx| match self.poller.poll(running.as_mut(), cx) {
            Poll::Ready(returned) => Poll::Ready(Err(returned)),
            Poll::Pending => self.handoff.collect(cx).map_or(Poll::Pending, |guard| Poll::Ready(Ok(guard))),
        })
        .await;
        match guard {
            Ok(guard) => {
                self.running = Some(running);
                Ok(guard)
            }
            Err(Err(error)) => Err(error),
            Err(Ok(())) if self.handoff.has_given_up() => Err(UsageError::GaveUp.into()),
            Err(Ok(())) => Err(UsageError::NeverLent.into()),
        }
    }

    async fn exit(&mut self, guard: G, outcome: Outcome<'_>) -> Result<(), BoxError> {
        let mut running = self.running.take().ok_or(UsageError::UsedUp)?;
        let panics = PanicLog::new();
        panics.drop(self.handoff.give_back(guard, outcome, &panics));
        let returned = self.poller.run(running.as_mut()).await;
        if let (Outcome::Failed(cause), true) = (outcome, self.handoff.has_voted()) {
            cause.suppress();
        }
        match returned {
            Ok(()) if !self.handoff.has_received() => Err(UsageError::GaveUp.into()),
            returned => returned,
        }
    }

    /// Returns the guard to the function, and drops the function before it is polled again.
    fn abandon(&mut self, guard: G) {
        let panics = PanicLog::new();
        let running = self.running.take();
        let refused = self.handoff.give_back(guard, Outcome::Cancelled, &panics);
        panics.drop(running);
        panics.drop(refused);
    }
}
