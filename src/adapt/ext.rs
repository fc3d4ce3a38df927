use super::{FailFast, Within};
use crate::body::SendBody;
use crate::error::{BodyError, Phase, ScopeError};
use crate::group::Group;
use crate::resource::Resource;
use crate::scope::Scope;
use std::fmt;

/// Opens a scope over a resource, or adapts it. It is implemented for every [`Resource`].
///
/// No adaptor changes the guard's type (law `guard-kept`).
pub trait ResourceExt: Resource {
    /// Enters the resource, runs the body, exits the resource, and returns what the body returned.
    ///
    /// Whatever was entered is exited once, however the body ends (law `exactly-once`). It is short for
    /// [`Scope::new(self).run(body)`](Scope::run), which tells more of the body.
    ///
    /// # Order
    ///
    /// All members are entered at once; the body runs if and only if all are in; all are exited at once, first polled in
    /// reverse member order. The scope returns after the last exit.
    ///
    /// # Errors
    ///
    /// With clean exits, the body's error as it is. Otherwise a [`ScopeError`] with every failure, turned into the
    /// body's error type.
    ///
    /// # Panics
    ///
    /// Resumes the body's panic, else the earliest of a member, once every exit has ended (law `panic-last`).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, enters and exits in flight and the body are dropped, and every member that entered and
    /// whose exit has not begun is [abandoned](Resource::abandon), in reverse member order.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{Outcome, Resource, ResourceExt};
    ///
    /// struct Lease;
    /// impl Resource for Lease {
    ///     type Guard = u64;
    ///     type Error = std::io::Error;
    ///     async fn enter(&mut self) -> std::io::Result<u64> {
    ///         Ok(7)
    ///     }
    ///     async fn exit(&mut self, _: u64, _: Outcome<'_>) -> std::io::Result<()> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # futures::executor::block_on(async {
    /// let sum = (Lease, [Lease, Lease])
    ///     .scope(async |(first, rest)| anyhow::Ok(*first + rest.iter().sum::<u64>()))
    ///     .await?;
    /// assert_eq!(sum, 21);
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[must_use = "a scope does nothing unless it is awaited"]
    fn scope<'a, T, E, F>(self, body: F) -> impl Future<Output = Result<T, E>> + Send + 'a
    where
        Self: 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `scope_local`
        E: BodyError, // not inferred? End the body in `anyhow::Ok(..)`, or state it: `async |guard| -> Result<_, E>`
        for<'r> F: SendBody<&'r mut Self::Guard, Result<T, E>> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        Scope::new(self).run(body)
    }

    /// Does what [`scope`](Self::scope) does, for a body that is not `Send`: one that keeps an `Rc`, or a borrow of a
    /// `RefCell`, across an `.await`.
    ///
    /// It is short for [`Scope::new(self).run_local(body)`](Scope::run_local). Its future is for single-threaded executors.
    ///
    /// # Errors
    ///
    /// As [`scope`](Self::scope). A body's error that comes with failures of exits is kept as its `Debug` text.
    ///
    /// # Panics
    ///
    /// As [`scope`](Self::scope).
    ///
    /// # Cancel safety
    ///
    /// As [`scope`](Self::scope): if the future is dropped, what entered is abandoned.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use withal::ResourceExt;
    ///
    /// # futures::executor::block_on(async {
    /// let shared = Rc::new(5);
    /// let five = ().scope_local(async |()| anyhow::Ok(Rc::clone(&shared))).await?;
    /// assert_eq!(*five, 5);
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[must_use = "a scope does nothing unless it is awaited"]
    fn scope_local<'a, T, E, F>(self, body: F) -> impl Future<Output = Result<T, E>> + 'a
    where
        Self: 'a,
        T: 'a,
        E: From<ScopeError> + fmt::Debug + 'static, // not inferred, or not fit? End the body in `anyhow::Ok(..)`
        F: AsyncFnOnce(&mut Self::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    {
        Scope::new(self).run_local(body)
    }

    /// Gives up a group's enters in flight at the first failure, in the groups inside it too (law `fail-fast`).
    ///
    /// They are dropped, and those not yet started never start; all that had entered are exited, by awaiting. Exits are
    /// never cut. The default policy waits for the enters in flight (law `settle`).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{future, io};
    /// use withal::{Outcome, Resource, ResourceExt};
    ///
    /// /// Enters at once, fails at once, or never does either.
    /// struct Server(Option<io::Result<()>>);
    /// impl Resource for Server {
    ///     type Guard = ();
    ///     type Error = io::Error;
    ///     async fn enter(&mut self) -> io::Result<()> {
    ///         match self.0.take() {
    ///             Some(result) => result,
    ///             None => future::pending().await,
    ///         }
    ///     }
    ///     async fn exit(&mut self, (): (), _: Outcome<'_>) -> io::Result<()> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # futures::executor::block_on(async {
    /// let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    /// let servers = (Server(None), Server(Some(Err(refused))));
    /// let error = servers.fail_fast().scope(async |_| anyhow::Ok(())).await.unwrap_err();
    /// assert_eq!(error.to_string(), "could not enter [1] Server: connection refused");
    /// # });
    /// ```
    fn fail_fast(self) -> FailFast<Self>
    where
        Self: Group,
    {
        FailFast::new(self)
    }

    /// Gives the enter a deadline, on any runtime's timer.
    ///
    /// The timer is made when the enter starts. An enter that is not done when it is ready is dropped, and the member
    /// counts as failed with [`Elapsed`](crate::Elapsed). The enter is polled before the timer, so that one that is done
    /// in the same poll has succeeded, and its guard is not lost.
    ///
    /// On a group it is one deadline for all: those that were late are named by their paths, and what had entered is
    /// exited, by awaiting.
    ///
    /// # Panics
    ///
    /// A timer that panics never fires; its panic counts as a failure to enter.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use withal::{Outcome, Resource, ResourceExt};
    ///
    /// struct Slow;
    /// impl Resource for Slow {
    ///     type Guard = ();
    ///     type Error = std::io::Error;
    ///     async fn enter(&mut self) -> std::io::Result<()> {
    ///         std::future::pending().await
    ///     }
    ///     async fn exit(&mut self, (): (), _: Outcome<'_>) -> std::io::Result<()> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// let slow = Slow.enter_within(|| tokio::time::sleep(Duration::from_secs(3)));
    /// let error = ((), slow).scope(async |_| anyhow::Ok(())).await.unwrap_err();
    /// assert_eq!(error.to_string(), "could not enter [1] Slow: its deadline has elapsed");
    /// # }
    /// ```
    fn enter_within<F: FnMut() -> T + Send, T: Future + Send>(self, timer: F) -> Within<Self, F> {
        Within::new(self, Phase::Enter, timer)
    }

    /// Gives the exit a deadline, on any runtime's timer.
    ///
    /// The timer is made when the exit starts. An exit that is not done when it is ready is dropped, with the guard that
    /// it holds, and reported as [`Elapsed`](crate::Elapsed); the exits of the other members go on. The exit is polled
    /// before the timer.
    ///
    /// On a group it is one deadline for all: those that were late are named by their paths. What had not begun to exit
    /// is abandoned, and reported too.
    ///
    /// # Panics
    ///
    /// A timer that panics never fires; its panic is a failure of the exit. A timer that needs its runtime, as tokio's
    /// does, panics where exits run outside of it: on a [`Reaper`](crate::Reaper), spawn on that runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use withal::{Elapsed, Outcome, Resource, ResourceExt, Scope};
    ///
    /// struct Stuck;
    /// impl Resource for Stuck {
    ///     type Guard = ();
    ///     type Error = std::io::Error;
    ///     async fn enter(&mut self) -> std::io::Result<()> {
    ///         Ok(())
    ///     }
    ///     async fn exit(&mut self, (): (), _: Outcome<'_>) -> std::io::Result<()> {
    ///         std::future::pending().await
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// let pair = (Stuck, Stuck).exit_within(|| tokio::time::sleep(Duration::from_secs(3)));
    /// let report = Scope::new(pair).report(async |_| Ok::<_, String>(42)).await;
    /// assert_eq!(report.body, Some(Ok(42)));
    /// assert_eq!(report.failures.len(), 2);
    /// assert!(report.failures.iter().all(|failure| failure.error().is::<Elapsed>()));
    /// # }
    /// ```
    fn exit_within<F: FnMut() -> T + Send, T: Future + Send>(self, timer: F) -> Within<Self, F> {
        Within::new(self, Phase::Exit, timer)
    }
}

#[expect(
    clippy::needless_maybe_sized,
    reason = "the compiler tries the slice of a `Vec` too, and a `Sized` that fails there hides the sentence of `Resource`"
)]
impl<R: Resource + ?Sized> ResourceExt for R {}
