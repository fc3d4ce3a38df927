//! Members that work while the scope is up: `background` and `watch`.

mod startup;
mod watch;
mod working;

pub use startup::{Startup, Stop};
pub use watch::Watch;
pub(crate) use working::Working;

use crate::closures::UsageError;
use crate::error::BoxError;
use crate::member::{Hold, HoldToken, Leaf};
use crate::outcome::{Outcome, OutcomeKind};
use crate::panic_log::PanicLog;
use crate::resource::Resource;
use crate::unwind::{catch, resume};
use crate::work::{Poller, Work, WorkFault};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::{Future, poll_fn};
use core::marker::PhantomData;
use core::task::Poll;
use futures::future::BoxFuture;
use startup::{Line, StopLine};

/// Creates a member from an async function that works while the scope is up: a server, a consumer, a lease that is
/// renewed, a connection whose driver has to be polled.
///
/// The function up to [`Startup::ready`] is the enter of the member, and `ready` passes the guard to the scope. The
/// rest is the member's *work*. Whoever drives the scope polls it, in the same task: while other members enter, while
/// the body runs, and while members are exited, also on a [`Reaper`](crate::Reaper) (law
/// [`attended`](crate::laws#attended)). No spawner and no runtime is needed. The exit of the member drops the guard,
/// resolves the [`Stop`] that `ready` returned, and runs the function to its end.
///
/// The work ends early with an error:
///
/// | while | what happens |
/// |---|---|
/// | other members enter | the member counts as one that failed to enter: the body never runs, and the scope is rolled back |
/// | the body runs | the body is dropped, and all members are exited with [`Outcome::MemberFailed`] (law [`death-stops-the-body`](crate::laws#death-stops-the-body)) |
/// | the body ends, in the same poll | the body's result counts, and the failure is reported with it |
/// | members are exited | it is a failure of this member alone |
///
/// The failure has the phase [`Phase::Up`](crate::Phase::Up), or [`Enter`](crate::Phase::Enter) while other members
/// enter, and [`Exit`](crate::Phase::Exit) once this member has to stop. If it ended the body, it is the first one (law
/// [`death-is-first`](crate::laws#death-is-first)), and the kind of the [`ScopeError`](crate::ScopeError) is
/// [`MemberFailed`](crate::ScopeErrorKind::MemberFailed). Work that ends with `Ok` stops nothing (law
/// [`quiet-end`](crate::laws#quiet-end)), unless it is [essential](Background::essential).
///
/// A body that blocks its thread, or computes for long, keeps the work from being polled: a lease is not renewed
/// meanwhile.
///
/// The work is polled by the scope only. A resource of your own that calls `enter` of this one by hand leaves it
/// unpolled until it calls `exit`. In a stack or pool that was opened by hand,
/// [`OpenStack::attend`](crate::OpenStack::attend) polls it.
///
/// # Errors
///
/// An error before `ready` is the error of the enter, and one after the [`Stop`] is that of the exit. A function that
/// returns without `ready`, or drops its `Startup`, fails to enter. The error is a [`BoxError`]: end a function that
/// calls others with `Ok(work().await?)`, and convert an `anyhow::Error` by `?` or `into()`.
///
/// # Panics
///
/// A panic of the function is a failure of the member, as a panic of its enter or exit is, and `run` resumes it once
/// every exit has ended. [`Scope::report`](crate::Scope::report) names the member instead.
///
/// # Cancel safety
///
/// If the scope is dropped without a reaper, the work is dropped, and then the guard. If the exit is dropped, or times
/// out, the work is dropped with it. The function is called once: a second enter is an error.
///
/// # Examples
///
/// ```
/// use withal::{ResourceExt, ScopeErrorKind, background};
///
/// # futures::executor::block_on(async {
/// let echo = || {
///     background(async |startup| {
///         let (sender, mut receiver) = futures::channel::mpsc::unbounded::<String>();
///         let stop = startup.ready(sender);
///         while let Some(word) = futures::StreamExt::next(&mut receiver).await {
///             if word == "die" {
///                 return Err("it was told to die".into());
///             }
///         }
///         stop.await; // the guard, which was the sender, is dropped by then
///         Ok(())
///     })
///     .named("echo")
/// };
///
/// let five = echo().scope(async |sender| {
///     sender.unbounded_send("hello".to_owned())?;
///     anyhow::Ok(5)
/// });
/// assert_eq!(five.await?, 5);
///
/// let died = echo().scope(async |sender| {
///     sender.unbounded_send("die".to_owned())?;
///     std::future::pending::<anyhow::Result<()>>().await // it is dropped when the member has failed
/// });
/// assert_eq!(died.await.unwrap_err().to_string(), "echo failed: it was told to die");
/// # anyhow::Ok(()) }).unwrap();
/// ```
#[doc(alias = "daemon")]
#[doc(alias = "task")]
#[doc(alias = "worker")]
pub fn background<G, N, F>(function: N) -> Background<G, N, F>
where
    G: Send,                           // not inferred? The function has to call `startup.ready(guard)`
    N: FnOnce(Startup<G>) -> F + Send, // captures what is not `Send`? a `LocalResource`, by `local(..)`
    F: Future<Output = Result<(), BoxError>> + Send + 'static, // `async move`, with clones of what it needs
{
    Background {
        function: Some(function),
        call: |function, startup| Box::pin(function(startup)),
        work: Work::new(),
        stop: Arc::default(),
        is_essential: false,
        of: PhantomData,
    }
}

/// A member that works while it is up. Returned by [`background`].
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Background<G, N, F> {
    function: Option<N>,
    call: fn(N, Startup<G>) -> BoxFuture<'static, Result<(), BoxError>>,
    work: Arc<Work>,
    stop: Arc<StopLine>,
    is_essential: bool,
    of: PhantomData<fn() -> F>,
}

impl<G, N, F> Background<G, N, F> {
    /// Treats an end with `Ok` before the member has to stop as a failure, too. Call it before other adaptors.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{ResourceExt, background};
    ///
    /// # futures::executor::block_on(async {
    /// let worker = background(async |startup| {
    ///     let _stop = startup.ready(());
    ///     Ok(()) // too early
    /// });
    /// let body = async |_: &mut ()| std::future::pending::<anyhow::Result<()>>().await;
    /// let error = worker.essential().named("worker").scope(body).await.unwrap_err();
    /// assert!(error.to_string().ends_with("worker: it ended before it had to stop"));
    /// # });
    /// ```
    pub fn essential(mut self) -> Self {
        self.is_essential = true;
        self
    }
}

impl<G, N, F> fmt::Debug for Background<G, N, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background").field("is_used_up", &self.function.is_none()).finish_non_exhaustive()
    }
}

impl<G: Send, N: Send, F> Resource for Background<G, N, F> {
    type Guard = G;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<G, BoxError> {
        let function = self.function.take().ok_or(UsageError::UsedUp)?;
        let line = Arc::new(Line::new(Arc::clone(&self.stop)));
        let function = (self.call)(function, Startup::new(Arc::clone(&line)));
        let stop = Arc::clone(&self.stop);
        self.work.begin(if self.is_essential { Box::pin(essential(function, stop)) } else { function });
        let mut clear = ClearOnDrop { work: &self.work, starting: Some((&line, &self.stop)), is_over: false };
        let mut number = None;
        let started = poll_fn(|cx| match self.work.poll(Poller::Member, cx) {
            Poll::Ready(true) => Poll::Ready(None),
            ended => match line.poll(&mut number, cx) {
                Poll::Pending | Poll::Ready(None) if ended.is_ready() => Poll::Ready(None),
                started => started.map(Some),
            },
        })
        .await;
        match started {
            Some(Some(guard)) => {
                clear.is_over = true;
                Ok(guard)
            }
            Some(None) => Err(UsageError::StartupDropped.into()),
            None => {
                ended(self.work.take_end())?;
                Err(UsageError::NotReady.into())
            }
        }
    }

    async fn exit(&mut self, guard: G, outcome: Outcome<'_>) -> Result<(), BoxError> {
        let mut clear = ClearOnDrop::<G> { work: &self.work, starting: None, is_over: false };
        let panics = PanicLog::new();
        panics.drop(guard);
        if let Err(panic) = catch(|| self.stop.fire(outcome.kind())) {
            panics.push(panic);
        }
        let end = self.work.end().await;
        clear.is_over = true;
        ended(end)
    }

    /// Drops the guard and the work.
    fn abandon(&mut self, guard: G) {
        let panics = PanicLog::new();
        if let Err(panic) = catch(|| self.work.clear()) {
            panics.push(panic);
        }
        panics.drop(guard);
        if let Err(panic) = catch(|| self.stop.fire(OutcomeKind::Cancelled)) {
            panics.push(panic);
        }
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = G, Error = BoxError> {
        let work = Arc::clone(&self.work);
        Working::new(Leaf::<Self, _>::new(self), work)
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = G, Error = BoxError> {
        let work = Arc::clone(&self.work);
        Working::new(Leaf::<Self, _>::new(self), work)
    }
}

impl<G, N, F> Drop for Background<G, N, F> {
    /// Drops the work if it is still there, and resolves every [`Stop`].
    fn drop(&mut self) {
        let panics = PanicLog::new();
        if let Err(panic) = catch(|| self.work.clear()) {
            panics.push(panic);
        }
        if let Err(panic) = catch(|| self.stop.fire(OutcomeKind::Cancelled)) {
            panics.push(panic);
        }
    }
}

/// Runs a function whose end is a failure unless it was told to stop.
async fn essential(function: BoxFuture<'static, Result<(), BoxError>>, stop: Arc<StopLine>) -> Result<(), BoxError> {
    function.await?;
    if stop.kind().is_none() { Err(UsageError::EndedEarly.into()) } else { Ok(()) }
}

/// Returns the error of work that has ended, or resumes its panic.
fn ended(end: Result<(), WorkFault>) -> Result<(), BoxError> {
    match end {
        Ok(()) => Ok(()),
        Err(WorkFault::Error(_, error)) => Err(error),
        Err(WorkFault::Panic(panic)) => resume(panic.into_payload(), ()),
    }
}

/// Drops the work of a member if its enter or exit is dropped, or fails. After an enter it refuses a guard that comes
/// too late.
struct ClearOnDrop<'w, G> {
    work: &'w Work,
    starting: Option<(&'w Line<G>, &'w StopLine)>,
    is_over: bool,
}

impl<G> Drop for ClearOnDrop<'_, G> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let panics = PanicLog::new();
        let caught = catch(|| self.work.clear());
        if let Err(panic) = caught {
            panics.push(panic);
        }
        if let Some((line, stop)) = self.starting {
            panics.drop(line.close());
            if let Err(panic) = catch(|| stop.fire(OutcomeKind::Cancelled)) {
                panics.push(panic);
            }
        }
    }
}
