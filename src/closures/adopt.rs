use super::call_once::ExitOnce;
use super::{OrAbandon, SendExit, UsageError};
use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::resource::Resource;
use core::fmt;

/// Creates a resource from a guard that exists already, and an async closure that exits it.
///
/// Its enter returns the guard immediately. The exit calls the closure with the guard and the
/// [`Outcome`](crate::Outcome). The closure returns a boxed error, so that `?` converts every error.
///
/// # Errors
///
/// Those of the closure. A second enter returns an error.
///
/// # Cancel safety
///
/// If it is never entered, or the scope is dropped before the exit, the guard is dropped and the exit not run. If the
/// future of the exit is dropped, the guard is dropped with it. For a scope that is dropped before the exit,
/// [`or_abandon`](Adopt::or_abandon) adds a closure that receives the guard.
///
/// In all other cases, the `Drop` of a guard has to end what the guard stands for. The `JoinHandle` of tokio does not:
/// when it is dropped, its task goes on, detached. Adopt a handle that aborts on drop, as in the second example, or
/// `AbortOnDropHandle` of `tokio-util`.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use withal::{ResourceExt, adopt};
///
/// # futures::executor::block_on(async {
/// let report = std::io::BufWriter::new(Vec::new());
/// let flushed = adopt(report, async |mut report, _| Ok(report.flush()?));
/// flushed.scope(async |report| Ok::<_, anyhow::Error>(report.write_all(b"all is well")?)).await?;
/// # anyhow::Ok(()) }).unwrap();
/// ```
///
/// A task that is stopped and awaited by the exit, and aborted if the exit does not run:
///
/// ```
/// use tokio::{sync::oneshot, task::JoinHandle};
/// use withal::{ResourceExt, adopt};
///
/// struct AbortOnDrop<T>(JoinHandle<T>);
/// impl<T> Drop for AbortOnDrop<T> {
///     fn drop(&mut self) {
///         self.0.abort();
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> anyhow::Result<()> {
/// let (stop, stopped) = oneshot::channel();
/// let task = AbortOnDrop(tokio::spawn(stopped)); // or a worker that ends when it is told to
/// let worker = adopt((stop, task), async |(stop, mut task), _| {
///     stop.send("bye").ok();
///     Ok(assert_eq!((&mut task.0).await??, "bye"))
/// });
/// worker.scope(async |_| anyhow::Ok(())).await?;
/// # let (alive, gone) = oneshot::channel::<()>();
/// # let task = AbortOnDrop(tokio::spawn(async { std::future::pending::<()>().await; drop(alive) }));
/// # let stuck = adopt(task, async |_, _| Ok(())).scope(async |_| anyhow::Ok(std::future::pending::<()>().await));
/// # let second = std::time::Duration::from_secs(1);
/// # assert!(tokio::time::timeout(second, stuck).await.is_err());
/// # assert!(tokio::time::timeout(second, gone).await.expect("it is aborted").is_err());
/// # Ok(()) }
/// ```
///
/// If the body awaits the task, too, as in a `select!`, the exit must not await it again after its end: that panics
/// with "`JoinHandle` polled after completion". Keep the handle in an `Option`, and take it out when the task has
/// ended. Or let the task report its end through a channel, and await that in the body. The
/// [`cookbook`](crate::cookbook) has a worker of the first kind, under "A task that may end before the body does".
pub fn adopt<G, X>(guard: G, exit: X) -> Adopt<G, X>
where
    G: Send, // a guard that is not `Send` needs a `LocalResource`, by `local(..)`
    for<'o> X: SendExit<G, Outcome<'o>>,
{
    Adopt { guard: Some(guard), ..Adopt::without_guard(exit) }
}

/// A guard that exists already, and is exited by a closure. Returned by [`adopt`].
#[must_use = "what is adopted is dropped, and not exited, unless a scope enters it"]
pub struct Adopt<G, X> {
    guard: Option<G>,
    exit: ExitOnce<X, G>,
}

impl<G, X> Adopt<G, X> {
    /// Creates a resource whose guard is stored elsewhere.
    pub(crate) fn without_guard(exit: X) -> Self
    where
        for<'o> X: SendExit<G, Outcome<'o>>,
    {
        Self { guard: None, exit: ExitOnce::new(exit) }
    }

    /// Adds a closure that receives the guard if the exit cannot be awaited. By default the guard is dropped then.
    ///
    /// An exit cannot be awaited if the scope's future (or the stack or pool that held the member) is dropped, if the
    /// signal of [`abandon_on`](crate::Scope::abandon_on) fires, or if a deadline passes before the exit begins.
    ///
    /// It does not run if an exit that has begun is dropped, or an enter. Clean-up that has to run in any case belongs
    /// in the `Drop` of the guard, or of a local of [`around`](crate::around()).
    ///
    /// It is called instead of the exit, at most once (law [`exactly-once`](crate::laws#exactly-once)), where a
    /// resource of your own has [`abandon`](Resource::abandon). It is not called if the resource is never entered, nor
    /// if the future of an exit that has begun is dropped: the guard is dropped then.
    ///
    /// # Panics
    ///
    /// A panic of the closure is caught. The other members are still abandoned.
    ///
    /// # Examples
    ///
    /// ```
    /// use tokio::{sync::oneshot, task::JoinHandle};
    /// use withal::{ResourceExt, adopt};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// # let (alive, gone) = oneshot::channel::<()>();
    /// let task = tokio::spawn(async {
    /// #     let _alive = alive;
    ///     std::future::pending::<()>().await
    /// });
    /// let worker = adopt(task, async |task: JoinHandle<()>, _| Ok(task.await?)).or_abandon(|task| task.abort());
    /// let scope = worker.scope(async |_| anyhow::Ok(std::future::pending::<()>().await));
    /// let second = std::time::Duration::from_secs(1);
    /// assert!(tokio::time::timeout(second, scope).await.is_err()); // dropped in its body
    /// # assert!(tokio::time::timeout(second, gone).await.expect("it is aborted").is_err());
    /// # }
    /// ```
    pub fn or_abandon<A: FnOnce(G) + Send>(self, abandon: A) -> OrAbandon<Self, A> {
        OrAbandon::new(self, abandon)
    }
}

impl<G, X> fmt::Debug for Adopt<G, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adopt").field("is_used_up", &self.guard.is_none()).finish_non_exhaustive()
    }
}

impl<G: Send, X: Send> Resource for Adopt<G, X> {
    type Guard = G;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<G, BoxError> {
        Ok(self.guard.take().ok_or(UsageError::UsedUp)?)
    }

    async fn exit(&mut self, guard: G, outcome: Outcome<'_>) -> Result<(), BoxError> {
        self.exit.run(guard, outcome).await
    }
}
