//! Finishes scopes whose future was dropped.

mod count;
mod detach;
mod exchange;
mod owned;
mod reaped;
mod reaping;
mod task;

use crate::error::Failures;
use crate::member::{EnterState, Hold, HoldToken};
use crate::nest::ReapingGuard;
use crate::opened::Detach;
use crate::panic_log::{CatchOnDrop, PanicLog};
use crate::resource::Resource;
use crate::scope::{Driver, OnDrop, Scope, SharedError, sealed};
use crate::unwind::{CaughtPanic, catch};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::convert::Infallible;
use core::fmt;
use core::future::Future;
use core::panic::{RefUnwindSafe, UnwindSafe};
use count::Count;
use detach::detachable;
use futures::future::BoxFuture;
use reaped::Hear;
pub use reaped::Reaped;
use reaping::Reaping;

type Task = BoxFuture<'static, ()>;
type Spawn = dyn Fn(Task) -> Result<(), Task> + Send + Sync;

/// Finishes a scope on a runtime if the scope's future is dropped (law [`reaped`](crate::laws#reaped)).
///
/// A dropped future cannot await. A scope that is opened [`on`](crate::Scope::on) a reaper passes its unfinished work
/// to the reaper then: the enters in flight run to completion, and all members that entered are exited, by awaiting.
/// One reaper serves any number of scopes. It is cheap to clone, and its clones share their state.
///
/// The spawner is passed up front and never looked up later. It is called in a drop, also while the thread unwinds, and
/// its panics are caught.
///
/// # Who owns what
///
/// The handles of the reaper own the spawner, and a scope that is open on the reaper has one of these handles. The
/// tasks do not own the spawner. So a spawner may own the executor that it spawns on: the last handle drops both, and
/// the executor drops its remaining tasks, whose members are then abandoned. If the scopes themselves are tasks of that
/// executor, let the spawner own a [`Weak`](alloc::sync::Weak), or a handle such as tokio's: otherwise each owns the
/// other, and neither is ever dropped.
///
/// A scope of resources that stay on their thread, as those of [`local`](crate::local()) do, needs a spawner that
/// spawns on that thread.
///
/// # What it cannot promise
///
/// Members are not exited if the scope is forgotten (`mem::forget`), if the process aborts or exits, or if the runtime
/// ends. Await [`idle`](Self::idle) before the runtime ends. If the runtime drops the task, or the spawner refuses it,
/// the members are [abandoned](Resource::abandon). The reaper covers its own scope, not the plain scopes inside the
/// body. A scope inside the body that is on the same reaper is finished first (law
/// [`nested-reap`](crate::laws#nested-reap)).
///
/// # Examples
///
/// tokio, with a captured handle, so that it works where no runtime is entered:
///
/// ```
/// use withal::{Reaper, Scope};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> anyhow::Result<()> {
/// let handle = tokio::runtime::Handle::current();
/// let reaper = Reaper::new(move |task| {
///     handle.spawn(task);
/// });
/// Scope::new(()).on(&reaper).run(async |()| anyhow::Ok(())).await?;
/// reaper.idle().await;
/// # Ok(()) }
/// ```
///
/// smol:
///
/// ```
/// use withal::Reaper;
/// # smol::block_on(async {
/// let reaper = Reaper::new(|task| smol::spawn(task).detach());
/// # withal::Scope::new(()).on(&reaper).run(async |()| anyhow::Ok(())).await?;
/// # reaper.idle().await;
/// # anyhow::Ok(()) }).unwrap();
/// ```
///
/// async-std:
///
/// ```
/// use withal::Reaper;
/// # async_std::task::block_on(async {
/// let reaper = Reaper::new(|task| {
///     async_std::task::spawn(task);
/// });
/// # withal::Scope::new(()).on(&reaper).run(async |()| anyhow::Ok(())).await?;
/// # reaper.idle().await;
/// # anyhow::Ok(()) }).unwrap();
/// ```
///
/// futures' `ThreadPool`:
///
/// ```
/// use futures::executor::ThreadPool;
/// use withal::Reaper;
///
/// let pool = ThreadPool::new()?;
/// let reaper = Reaper::new(move |task| pool.spawn_ok(task));
/// # futures::executor::block_on(async {
/// # withal::Scope::new(()).on(&reaper).run(async |()| anyhow::Ok(())).await?;
/// # reaper.idle().await;
/// # anyhow::Ok(()) }).unwrap();
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct Reaper(Arc<Handle>);

/// Panics of the spawner are caught, and what it shares is behind locks.
impl UnwindSafe for Reaper {}
impl RefUnwindSafe for Reaper {}

/// What the clones of a reaper share. A scope clones and drops one pointer.
#[derive(Clone)]
struct Handle {
    spawn: Arc<Spawn>,
    on_failure: Option<Arc<Hear>>,
    count: Arc<Count>,
}

impl Reaper {
    /// Creates a reaper from a function that spawns a task and detaches it.
    ///
    /// # Panics
    ///
    /// If the function panics, the task is dropped, the members are abandoned, and the panic resumes where the scope
    /// was dropped, unless the thread is panicking already.
    ///
    /// # Order
    ///
    /// If a scope is dropped with another one in its body, and both are on this reaper, the inner one's task is spawned
    /// first, and the outer one's task waits for it. An executor that runs one task after the other, to its end, has to
    /// begin with the one that was spawned first.
    ///
    /// # Examples
    ///
    /// ```
    /// let reaper = withal::Reaper::new(|task| {
    ///     std::thread::spawn(|| futures::executor::block_on(task));
    /// });
    /// assert_eq!(reaper.pending(), 0);
    /// ```
    pub fn new(spawn: impl Fn(BoxFuture<'static, ()>) + Send + Sync + 'static) -> Self {
        Self::try_new(move |task| {
            spawn(task);
            Ok(())
        })
    }

    /// Creates a reaper from a function that spawns a task, or returns the task if it cannot. The members are abandoned
    /// then, within the drop of the scope.
    ///
    /// # Panics
    ///
    /// If the function panics, the task is dropped, the members are abandoned, and the panic resumes where the scope
    /// was dropped, unless the thread is panicking already.
    ///
    /// # Examples
    ///
    /// ```
    /// let (queue, tasks) = std::sync::mpsc::channel();
    /// let reaper = withal::Reaper::try_new(move |task| queue.send(task).map_err(|refused| refused.0));
    /// # drop((reaper, tasks));
    /// ```
    pub fn try_new(
        spawn: impl Fn(BoxFuture<'static, ()>) -> Result<(), BoxFuture<'static, ()>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Handle { spawn: Arc::new(spawn), on_failure: None, count: Arc::default() }))
    }

    /// Sets a function that receives the failures that no caller is left to receive. It is called once for every scope
    /// that was finished here and has something to report. It applies to scopes that are opened on the returned reaper
    /// and on its clones.
    ///
    /// The tasks own the function. So it must own neither their executor nor a handle of a reaper whose spawner owns
    /// the executor.
    ///
    /// # Panics
    ///
    /// If the function panics, the panic resumes in the task.
    ///
    /// # Examples
    ///
    /// ```
    /// let reaper = withal::Reaper::new(|task| smol::spawn(task).detach())
    ///     .on_failure(|reaped| eprintln!("{}", reaped.failures));
    /// # drop(reaper);
    /// ```
    #[must_use = "this gives the reaper that hears"]
    pub fn on_failure(self, hear: impl Fn(Reaped) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Handle { on_failure: Some(Arc::new(hear)), ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Returns the number of scopes that were passed to the reaper and are not finished.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.0.count.pending()
    }

    /// Waits until no scope that was passed to the reaper is unfinished: all their members were exited, or abandoned.
    ///
    /// It does not wait for scopes whose future is still alive. An executor may drop the future of a cancelled task
    /// later, so await the task's handle first, and then this.
    ///
    /// Do not await it in an exit of a scope that is [`on`](crate::Scope::on) this same reaper. Once that scope is
    /// dropped, `idle` waits for it, too: the exit waits for itself forever. It is not needed for the scopes within the
    /// body of a scope that is dropped, which are finished first (law [`nested-reap`](crate::laws#nested-reap)). To
    /// wait for scopes that a body dropped and outlives, as those of requests that time out, use a separate reaper for
    /// them, and await that one: the program is in the [`cookbook`](crate::cookbook), under "Scopes that the body gives
    /// up".
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the scopes are not affected. It stores one waker at most.
    ///
    /// # Examples
    ///
    /// ```
    /// let reaper = withal::Reaper::new(|task| smol::spawn(task).detach());
    /// smol::block_on(reaper.idle());
    /// ```
    #[doc(alias = "shutdown")]
    pub async fn idle(&self) {
        self.0.count.idle().await;
    }

    /// Spawns a task for which `idle` waits, and whose failures `on_failure` receives. The task does not own the
    /// spawner.
    pub(crate) fn finish(&self, work: impl Future<Output = Failures> + Send + 'static, panics: &PanicLog) {
        let hear = self.hear();
        let task = async move {
            let (logged, mut hear) = (PanicLog::new(), hear);
            let mut hear = CatchOnDrop::new(&mut hear, &logged);
            Reaped { failures: work.await, body: None, panic: None }.tell(hear.get().as_deref());
        };
        self.hand_over(Box::pin(task), None, panics);
    }

    /// Spawns a task. A task that the spawner refuses is dropped, which abandons its members.
    fn hand_over(&self, task: Task, nested: Option<ReapingGuard>, panics: &PanicLog) {
        self.pass(Reaping::new(task, Some(self.0.count.ticket()), nested), panics);
    }

    /// Calls the spawner.
    fn pass(&self, task: Reaping, panics: &PanicLog) {
        match catch(|| (self.0.spawn)(Box::pin(task))) {
            Ok(Ok(())) => {}
            Ok(Err(refused)) => panics.drop(refused),
            Err(panic) => panics.push(panic),
        }
    }

    /// Returns a number that all clones share.
    fn number(&self) -> usize {
        Arc::as_ptr(&self.0.count).addr()
    }

    /// Returns the function that receives failures.
    fn hear(&self) -> Option<Arc<Hear>> {
        self.0.on_failure.clone()
    }

    /// Drops the user's values, if this is the last handle, and passes on their panics.
    #[inline]
    fn let_go(self, on_panic: impl FnMut(CaughtPanic)) {
        if let Some(handle) = Arc::into_inner(self.0) {
            handle.drop_values(on_panic);
        }
    }
}

impl Handle {
    #[cold]
    fn drop_values(self, on_panic: impl FnMut(CaughtPanic)) {
        let Self { spawn, on_failure, .. } = self;
        let dropped = [catch(|| drop(spawn)), catch(|| drop(on_failure))];
        dropped.into_iter().filter_map(Result::err).for_each(on_panic);
    }
}

impl fmt::Debug for Reaper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reaper").field("pending", &self.pending()).finish_non_exhaustive()
    }
}

impl sealed::Sealed for Reaper {}

impl<R: Resource + 'static> OnDrop<R> for Reaper {
    fn driver<'r, X: SharedError>(
        self,
        resource: &'r mut Option<R>,
        state: &'r EnterState,
        panics: &'r PanicLog,
    ) -> impl Driver<Guard = R::Guard, Error = X> {
        let resource = resource.take().expect("a scope starts with its resource");
        let state = EnterState::new(state.can_be_cancelled(), state.observer().clone());
        detachable(self, resource, state, panics)
    }

    fn detach(self) -> Option<Box<dyn Detach<R>>> {
        Some(Box::new(self))
    }

    fn leave(self, mut resource: R) {
        if resource.hold(HoldToken).is_in() {
            let panics = PanicLog::new();
            detachable::<R, Infallible>(self, resource, EnterState::default(), &panics).leave();
        }
    }
}

impl<R: Resource, S: Future, F: OnDrop<R>, A: Future> Scope<R, S, F, A> {
    /// Finishes the scope on this reaper if its future is dropped (law [`reaped`](crate::laws#reaped)).
    ///
    /// While the scope lives, everything runs inline, as without a reaper. If its future is dropped, the body is
    /// dropped, and the rest goes to the [`Reaper`]'s spawner: enters in flight run to completion, and all members that
    /// entered are exited, by awaiting.
    ///
    /// The resource has to be `'static`; the body may borrow. A member created by [`local`](crate::local()) needs a
    /// reaper that spawns on the thread of the scope. On another thread it cannot be exited, its guard is leaked, and
    /// [`on_failure`](Reaper::on_failure) receives the failure.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, every member that entered, or whose enter was in flight and succeeds, is exited once
    /// on the reaper. Its outcome is `Cancelled`, unless the outcome was fixed before the drop. Scopes on the same
    /// reaper that were within the body are finished first (law [`nested-reap`](crate::laws#nested-reap)).
    /// [`Reaper::idle`] waits for these exits.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{Reaper, Scope};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> anyhow::Result<()> {
    /// let reaper = Reaper::new(|task| {
    ///     tokio::spawn(task);
    /// });
    /// let scope = Scope::new(()).on(&reaper).run(async |()| anyhow::Ok(42));
    /// assert_eq!(tokio::time::timeout(std::time::Duration::from_secs(5), scope).await??, 42);
    /// reaper.idle().await; // before the runtime ends
    /// # Ok(()) }
    /// ```
    pub fn on(self, reaper: &Reaper) -> Scope<R, S, Reaper, A>
    where
        R: 'static, // what a reaper finishes cannot be borrowed; the body may borrow
    {
        self.with_on_drop(reaper.clone())
    }
}
