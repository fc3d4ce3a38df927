use super::{BoxResource, FailFast, InOrder, Limit, MapErr, Named, ReadyWhen, Retry, SendCheck, Then, Within};
use crate::background::Watch;
use crate::body::AsyncBody;
use crate::error::{BodyError, BoxError, Phase, ScopeError};
use crate::group::Group;
use crate::resource::Resource;
use crate::scope::Scope;
use alloc::borrow::Cow;
use core::fmt;

/// Opens a scope over a resource, or adapts it. It is implemented for every [`Resource`].
///
/// [`scope`](Self::scope) is where to start: it enters the resource, runs the body, and exits the resource. Everything
/// else returns another resource, to be a member of a group or to call `scope` on. Adaptors can be chained, as in
/// `server.retry(..).named("api")`.
///
/// - [`then(|guard| ..)`](Self::then): a second resource, which is created from the guard of the first.
/// - [`in_order()`](Self::in_order): the members of a group are entered one by one, and exited in reverse.
/// - [`limit(n)`](Self::limit): at most n members of a group are entered, or exited, at a time.
/// - [`fail_fast()`](Self::fail_fast): at the first failed enter, the other enters of the group are dropped.
/// - [`enter_within(timer)`](Self::enter_within), [`exit_within(timer)`](Self::exit_within): a deadline.
/// - [`retry(..)`](Self::retry): an enter that failed is attempted again.
/// - [`ready_when(check)`](Self::ready_when): a check as the last part of the enter.
/// - [`watch(..)`](Self::watch): the scope notices when the resource dies.
/// - [`named("db")`](Self::named): the name in errors.
/// - [`map_err(..)`](Self::map_err): another error.
/// - [`boxed()`](Self::boxed): one type for all resources with the same guard.
///
/// Only [`then`](Self::then) changes the type of the guard (law [`guard-kept`](crate::laws#guard-kept)).
pub trait ResourceExt: Resource {
    /// Enters the resource, runs the body, exits the resource, and returns what the body returned.
    ///
    /// Every member that entered is exited once, no matter how the body ends (law
    /// [`exactly-once`](crate::laws#exactly-once)). It is short for [`Scope::new(self).run(body)`](Scope::run), which
    /// describes the body in detail.
    ///
    /// If several scopes run in one `join!` or `select!`, wrap each as `async { scope.await }`. Otherwise incremental
    /// builds can [crash the compiler](crate::when_it_does_not_compile).
    ///
    /// # Order
    ///
    /// All members are entered concurrently. The body runs if and only if all of them entered. Then all are exited
    /// concurrently, first polled in reverse member order. The scope returns after the last exit.
    ///
    /// # Errors
    ///
    /// If the exits succeed, the body's error as it is. Otherwise a [`ScopeError`] with every failure, converted into
    /// the body's error type.
    ///
    /// # Panics
    ///
    /// Resumes the body's panic, or else the earliest of a member, once every exit has ended (law
    /// [`panic-last`](crate::laws#panic-last)).
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
    #[doc(alias = "bracket")]
    #[doc(alias = "gather")]
    #[must_use = "a scope does nothing unless it is awaited"]
    fn scope<'a, T, E>(
        self, // to use it again, or through a reference: `(&mut db).scope(..)`; for an `Arc`: `withal::shared(db)`
        body: impl for<'r> AsyncBody<
            &'r mut Self::Guard, // it borrows the guard: `async |guard| {..}`, not `|guard| async {..}`
            Result<T, E>,
            Fut: Send, // drop that value before the `.await`, or use `scope_local`, which is not for `spawn`
        > + Send // captures what is not `Send`? `scope_local`; generic code: `SendBody`
        + 'a,
    ) -> impl Future<Output = Result<T, E>> + Send + 'a
    where
        Self: Sized + 'a,
        T: Send + 'a, // the body's value; one that is not `Send` needs `scope_local`
        E: BodyError, // not inferred? End the body in `anyhow::Ok(..)`, or state it: `async |guard| -> Result<_, E>`
    {
        Scope::new(self).run(body)
    }

    /// Enters the resource, runs a body that is not `Send`, exits the resource, and returns what the body returned.
    ///
    /// A body is not `Send` if it holds an `Rc`, or a borrow of a `RefCell`, across an `.await`.
    ///
    /// It is short for [`Scope::new(self).run_local(body)`](Scope::run_local). Its future is for single-threaded
    /// executors. The order is that of [`scope`](Self::scope).
    ///
    /// # Errors
    ///
    /// If the exits succeed, the body's error as it is. Otherwise a [`ScopeError`] with every failure, converted into
    /// the body's error type. If the body failed, too, it holds that error as its `Debug` text.
    ///
    /// # Panics
    ///
    /// Resumes the body's panic, or else the earliest of a member, once every exit has ended.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, enters and exits in flight and the body are dropped, and every member that entered and
    /// whose exit has not begun is [abandoned](Resource::abandon), in reverse member order.
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
    fn scope_local<'a, T, E>(
        self, // to use it again, or through a reference: `(&mut db).scope_local(..)`
        body: impl AsyncFnOnce(&mut Self::Guard) -> Result<T, E> + 'a, // `async |guard| {..}`, not `|guard| async {..}`
    ) -> impl Future<Output = Result<T, E>> + 'a
    where
        Self: Sized + 'a,
        T: 'a,
        E: From<ScopeError> + fmt::Debug + 'static, // not inferred, or not fit? End the body in `anyhow::Ok(..)`
    {
        Scope::new(self).run_local(body)
    }

    /// Drops a group's enters in flight at the first failure, in the groups inside it, too (law
    /// [`fail-fast`](crate::laws#fail-fast)).
    ///
    /// Enters that have not started never start. All members that had entered are exited, by awaiting. Exits are never
    /// cut. The default policy waits for the enters in flight (law [`settle`](crate::laws#settle)).
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

    /// Sets a deadline for the enter, with the timer of any runtime.
    ///
    /// The timer is created when the enter starts. If it is ready before the enter is done, the enter is dropped, and
    /// the member fails with [`Elapsed`](crate::Elapsed). From the second poll on the timer is polled first (law
    /// [`signal-is-heard`](crate::laws#signal-is-heard)). An enter that is done in the same poll has succeeded, and its
    /// guard is not lost.
    ///
    /// On a group it is one deadline for all members: each late member is reported with its path, and the members that
    /// had entered are exited, by awaiting.
    ///
    /// A member whose enter is dropped is not exited, whatever the enter had begun. So write an enter of two steps as
    /// two resources, with the deadline on the second: `create.then(|_| ready.enter_within(timer))` exits the first if
    /// the second is late.
    ///
    /// # Panics
    ///
    /// A timer that panics never fires; its panic counts as a failure to enter, under the name `timer`.
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
    #[doc(alias = "timeout")]
    #[doc(alias = "deadline")]
    fn enter_within<F, T>(self, timer: F) -> Within<Self, F>
    where
        Self: Sized,
        F: FnMut() -> T + Send, // `|| tokio::time::sleep(duration)`
        T: Future + Send,       // `|| tokio::time::sleep(duration)`
    {
        Within::new(self, Phase::Enter, timer)
    }

    /// Sets a deadline for the exit, with the timer of any runtime.
    ///
    /// The timer is created when the exit starts. If it is ready before the exit is done, the exit is dropped, with the
    /// guard that it holds, and reported as [`Elapsed`](crate::Elapsed). The exits of the other members continue. From
    /// the second poll on the timer is polled first (law [`signal-is-heard`](crate::laws#signal-is-heard)). An exit
    /// that is done in the same poll has succeeded.
    ///
    /// On a group it is one deadline for all members: each late member is reported with its path. Members whose exit
    /// has not begun are abandoned, and reported, too.
    ///
    /// # Exits that block
    ///
    /// An exit that blocks its thread holds up all other members, and no deadline can pass meanwhile: three exits that
    /// block for a second each take three seconds, whatever the timer. Run blocking work elsewhere and await it, as
    /// with tokio's `spawn_blocking`. A deadline that passes then ends the wait, but not the blocking work.
    ///
    /// # Escalation
    ///
    /// A deadline that passes during the exit drops the exit's future, and the rest of it never runs. So put the steps
    /// that have to follow a deadline into the exit itself, with a timer of its own: send SIGTERM to a process, wait,
    /// and then send SIGKILL. The [`cookbook`](crate::cookbook) has that program. The last resort of an exit that was
    /// dropped is the guard's `Drop`, or [`Resource::exit_dropped`], which still has access to the resource itself.
    ///
    /// # Panics
    ///
    /// A timer that panics never fires; its panic is a failure of the exit, under the name `timer`. A timer that
    /// needs its runtime, as tokio's does, panics where exits run outside of it: on a [`Reaper`](crate::Reaper), spawn
    /// on that runtime.
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
    #[doc(alias = "timeout")]
    #[doc(alias = "deadline")]
    fn exit_within<F, T>(self, timer: F) -> Within<Self, F>
    where
        Self: Sized,
        F: FnMut() -> T + Send, // `|| tokio::time::sleep(duration)`
        T: Future + Send,       // `|| tokio::time::sleep(duration)`
    {
        Within::new(self, Phase::Exit, timer)
    }

    /// Enters the members of a group one by one, and exits them one by one in reverse, as nested `async with` does.
    ///
    /// # Order
    ///
    /// Each member is entered after the one before it has entered, and exited after the one behind it has exited (law
    /// [`series`](crate::laws#series)), also if the group is a member of a concurrent one. The members of a group
    /// inside it are entered concurrently when it is that group's turn. So `in_order` and tuples nest to any
    /// series-parallel graph. To create a member from the guard of the one before it, use [`then`](Self::then).
    ///
    /// # Errors
    ///
    /// Once a member of the scope has failed, in this group or elsewhere, or the scope is cancelled, members that wait
    /// for their turn are not entered, and those that had entered are exited. If an exit fails, the others still run.
    ///
    /// # Cancel safety
    ///
    /// If the scope's future is dropped while it exits, the member whose exit is in flight loses its guard, and those
    /// whose exit has not begun are [abandoned](Resource::abandon).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Mutex;
    /// use withal::{Resource, ResourceExt, resource};
    ///
    /// fn host<'a>(log: &'a Mutex<Vec<String>>, name: &'a str) -> impl Resource<Guard = ()> {
    ///     let enter = async move || Ok(log.lock().unwrap().push(format!("{name} is up")));
    ///     resource(enter, async move |(), _| Ok(log.lock().unwrap().push(format!("{name} is down"))))
    /// }
    ///
    /// # futures::executor::block_on(async {
    /// let log = Mutex::default();
    /// let (network, a, b) = (host(&log, "network"), host(&log, "a"), host(&log, "b"));
    /// (network, (a, b)).in_order().scope(async |(_network, (_a, _b))| anyhow::Ok(())).await?;
    /// let log = log.into_inner()?;
    /// assert_eq!(log[0], "network is up");
    /// assert_eq!(log[1..5], ["a is up", "b is up", "b is down", "a is down"]); // these two at once
    /// assert_eq!(log[5], "network is down");
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    fn in_order(self) -> InOrder<Self>
    where
        Self: Group,
    {
        InOrder::new(self)
    }

    /// Limits the number of members of a group that are entered, or exited, at a time (law
    /// [`bounded`](crate::laws#bounded)).
    ///
    /// # Order
    ///
    /// The first `most` members start at once. Each time one is done, the next one starts: enters in member order,
    /// exits in reverse. A group inside it counts as one member, and its own members are not limited. If a group has
    /// two limits, the narrower applies; [`in_order`](Self::in_order) is a limit of 1.
    ///
    /// # Errors
    ///
    /// Those of the group. Once a member of the scope has failed, in this group or elsewhere, or the scope is
    /// cancelled, members that wait for their turn are not entered.
    ///
    /// # Panics
    ///
    /// If the limit is 0.
    ///
    /// # Cancel safety
    ///
    /// If the scope's future is dropped while it exits, members whose exit has not begun are
    /// [abandoned](Resource::abandon).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    /// use withal::{ResourceExt, resource};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> anyhow::Result<()> {
    /// let (starting, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    /// let machine = |id: u32| {
    ///     let (starting, most) = (&starting, &most);
    ///     let enter = async move || {
    ///         most.fetch_max(starting.fetch_add(1, SeqCst) + 1, SeqCst);
    ///         tokio::task::yield_now().await; // it starts
    ///         starting.fetch_sub(1, SeqCst);
    ///         Ok(id)
    ///     };
    ///     resource(enter, async |_, _| Ok(()))
    /// };
    /// let machines: Vec<_> = (0..100).map(machine).collect();
    /// machines.limit(3).scope(async |machines| anyhow::Ok(assert_eq!(machines.len(), 100))).await?;
    /// assert_eq!(most.into_inner(), 3);
    /// # Ok(()) }
    /// ```
    #[doc(alias = "semaphore")]
    #[doc(alias = "concurrency_limit")]
    #[track_caller]
    fn limit(self, most: usize) -> Limit<Self>
    where
        Self: Group,
    {
        Limit::new(self, most)
    }

    /// Watches the resource while it is up, with a future that ends when the resource has died. Its output is the
    /// error.
    ///
    /// `make` is called once the resource has entered, with its guard, and can keep a handle to it. The future is
    /// polled with the scope, as the work of a [`background`](crate::background()) is, and its end has the same effect:
    /// the body is dropped, and all members are exited with [`Outcome::MemberFailed`](crate::Outcome::MemberFailed).
    /// The resource is still exited. The future is dropped before that exit begins. Where the resource is entered by
    /// hand, nobody would poll the future, and `make` is not called.
    ///
    /// # Panics
    ///
    /// A panic of `make` is a panic of the enter; one of the future is a failure while the member is up.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::channel::oneshot;
    /// use withal::{ResourceExt, adopt};
    ///
    /// # futures::executor::block_on(async {
    /// let (hang_up, hung_up) = oneshot::channel::<()>();
    /// let mut hung_up = Some(hung_up);
    /// let line = adopt("line", async |_, _| Ok(())).watch(move |_| {
    ///     let hung_up = hung_up.take();
    ///     async move {
    ///         if let Some(hung_up) = hung_up {
    ///             let _ = hung_up.await;
    ///         }
    ///         "the other side hung up"
    ///     }
    /// });
    /// let talk = line.named("line").scope(async |_| {
    ///     drop(hang_up);
    ///     std::future::pending::<anyhow::Result<()>>().await
    /// });
    /// assert_eq!(talk.await.unwrap_err().to_string(), "line failed: the other side hung up");
    /// # });
    /// ```
    #[doc(alias = "health")]
    #[doc(alias = "monitor")]
    fn watch<F, T>(self, make: F) -> Watch<Self, F>
    where
        Self: Sized,
        F: FnMut(&mut Self::Guard) -> T + Send,
        T: Future<Output: Into<BoxError>> + Send + 'static, // `async move`, with clones of what it needs
    {
        Watch::new(self, make)
    }

    /// Creates a second resource from the guard of this one, and enters it after this one. The new guard is the pair of
    /// both guards.
    ///
    /// The second resource can take a part out of the guard, or clone a handle, but it cannot borrow from the guard. It
    /// is created anew for each enter.
    ///
    /// # Order
    ///
    /// The second is entered after the first has entered, and exited before the first (law
    /// [`series`](crate::laws#series)), also if the two are a member of a concurrent group. The second resource itself
    /// is dropped before the exit of the first begins, also if it was abandoned or did not enter. So the exit of the
    /// first can take back what the second shared, for example by `Arc::try_unwrap`. There is one exception: in an
    /// enter [by hand](crate::Group#by-hand) that fails, the second is dropped after the roll-back.
    ///
    /// # Errors
    ///
    /// Those of both, at the positions 0 and 1. If the first does not enter, or if by then another member of the scope
    /// has failed or the scope is cancelled, the second is not created. If the second does not enter, the first is
    /// exited.
    ///
    /// If the function takes a guard away, or adds one, that is a failure to enter, too. The error names the function,
    /// and the second is not entered.
    ///
    /// # Panics
    ///
    /// A panic of the function counts as a failure to enter, under the name `then`. A panic of the second resource's
    /// destructor counts as a failure to exit, under that name, too; the first is still exited.
    ///
    /// # Cancel safety
    ///
    /// If the scope's future is dropped while the second exits, the first is [abandoned](Resource::abandon).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use withal::{Resource, ResourceExt, resource};
    ///
    /// type Pool = Arc<Mutex<Vec<&'static str>>>; // the connections that are idle
    ///
    /// fn pool() -> impl Resource<Guard = Pool> {
    ///     let enter = async || Ok(Arc::new(Mutex::new(vec!["first", "second"])));
    ///     resource(enter, async |pool: Pool, _| Ok(assert_eq!(pool.lock().unwrap().len(), 2))) // all are back
    /// }
    ///
    /// fn connection(pool: Pool) -> impl Resource<Guard = &'static str> {
    ///     let idle = Arc::clone(&pool);
    ///     resource(
    ///         async move || idle.lock().unwrap().pop().ok_or_else(|| "none is idle".into()),
    ///         async move |connection, _| Ok(pool.lock().unwrap().push(connection)),
    ///     )
    /// }
    ///
    /// # futures::executor::block_on(async {
    /// let both = pool().then(|pool| connection(Arc::clone(pool)));
    /// both.scope(async |(_pool, connection)| anyhow::Ok(assert_eq!(*connection, "second"))).await?;
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    fn then<B: Resource, F: FnMut(&mut Self::Guard) -> B + Send>(self, make: F) -> Then<Self, F, B>
    where
        Self: Sized,
    {
        Then::new(self, make)
    }

    /// Enters the resource again after an attempt that failed, until an attempt succeeds or the function gives up.
    ///
    /// After each attempt that failed, the function receives the error and the number of attempts so far. It returns a
    /// timer, after which the next attempt begins, or `None` to give up. The timer is any future, such as a `sleep` of
    /// your runtime. Its output is ignored. The delays of a backoff crate are an iterator of durations: with `backon`,
    /// `let mut delays = ExponentialBuilder::default().with_jitter().build();` and then
    /// `.retry(move |_, _| delays.next().map(tokio::time::sleep))`.
    ///
    /// On a group, all members are entered again, and the error is the [`Failures`](crate::Failures) of the attempt. A
    /// resource that can be entered once needs [`retry_with`](crate::retry_with).
    ///
    /// # Order
    ///
    /// An attempt that failed has been rolled back before the timer is polled and the next attempt begins (law
    /// [`retry`](crate::laws#retry)): under the default policy its enters run to completion, and then the members that
    /// entered are exited, with the outcome `EnterFailed`. The members of an attempt after which the function gives up
    /// are exited with the other members of the scope. The next attempt begins in a later poll, also if the timer is
    /// ready at once (law [`signal-is-heard`](crate::laws#signal-is-heard)).
    ///
    /// Nothing waits in vain (law [`not-in-vain`](crate::laws#not-in-vain)): once another member of the scope has
    /// failed, or the scope is cancelled, no attempt begins, and a timer that is waited for is dropped. Such a member
    /// has not entered, and its last error is not reported. An attempt in flight settles, as any enter: to limit it,
    /// put [`enter_within`](Self::enter_within) inside, or [`fail_fast`](Self::fail_fast) around the group, such as
    /// `(database,).fail_fast()`, which drops it.
    ///
    /// [`enter_within`](Self::enter_within) around it limits all attempts together, and inside it each of them. The
    /// function is called with the errors of attempts that miss a deadline inside. If a deadline around it elapses
    /// between two attempts, the error of the last one is reported, and then [`Elapsed`](crate::Elapsed).
    ///
    /// # Errors
    ///
    /// The failures of the last attempt. [`Failure::attempts`](crate::Failure::attempts) returns the number of
    /// attempts, which also stands in the message. Errors of earlier attempts were passed to the function, and are not
    /// reported. If the roll-back of an attempt fails, there is no other attempt, and the failures of both are
    /// reported.
    ///
    /// # Panics
    ///
    /// A panic of a member is not tried again. A panic of the function, or of a timer, is reported with the failures of
    /// the attempt, and ends the attempts.
    ///
    /// # Cancel safety
    ///
    /// If the scope is dropped between two attempts, the member has not entered. On a reaper, an attempt in flight runs
    /// to completion, and no other attempt begins. A roll-back in flight is completed where it can be awaited, also
    /// under `fail_fast`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use std::time::Duration;
    /// use withal::{Outcome, Resource, ResourceExt};
    ///
    /// /// A database that is still starting.
    /// struct Database {
    ///     starts_in: u32,
    /// }
    ///
    /// impl Resource for Database {
    ///     type Guard = &'static str;
    ///     type Error = io::Error;
    ///
    ///     async fn enter(&mut self) -> io::Result<&'static str> {
    ///         if self.starts_in > 0 {
    ///             self.starts_in -= 1;
    ///             return Err(io::ErrorKind::ConnectionRefused.into());
    ///         }
    ///         Ok("connected")
    ///     }
    ///
    ///     async fn exit(&mut self, _: &'static str, _: Outcome<'_>) -> io::Result<()> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> anyhow::Result<()> {
    ///     let pause = |attempt: usize| tokio::time::sleep(Duration::from_millis(1 << attempt));
    ///     let database = Database { starts_in: 2 }.retry(|_, attempt| (attempt < 5).then(|| pause(attempt)));
    ///     database.scope(async |state| anyhow::Ok(assert_eq!(*state, "connected"))).await?;
    ///
    ///     let database = Database { starts_in: 9 }.retry(|error: &io::Error, attempt| {
    ///         (error.kind() == io::ErrorKind::ConnectionRefused && attempt < 3).then(|| pause(attempt))
    ///     });
    ///     let error = database.scope(async |_| anyhow::Ok(())).await.unwrap_err();
    ///     assert_eq!(error.to_string(), "could not enter Database: connection refused (after 3 attempts)");
    ///     Ok(())
    /// }
    /// ```
    #[doc(alias = "backoff")]
    #[doc(alias = "reconnect")]
    fn retry<A, T>(self, again: A) -> Retry<Self, A>
    where
        Self: Sized,
        A: FnMut(&Self::Error, usize) -> Option<T> + Send, // `|_, attempt| (attempt < 3).then(|| sleep(pause))`
        T: Future + Send,
    {
        Retry::new(self, again)
    }

    /// Runs a check after the enter, as a part of it: a health check, migrations, warming up.
    ///
    /// The async closure borrows the guard. The resource counts as entered once the check has returned `Ok`. The
    /// closure is cloned for each enter: it can capture shared references, and values that can be cloned.
    ///
    /// On a group, the check runs once, when all members have entered, and borrows all guards.
    ///
    /// # Order
    ///
    /// The check begins when the enter has succeeded, unless the body will not run by then, because another member has
    /// failed or the scope is cancelled. While it runs, other members enter. A check in flight settles, or is dropped
    /// under `fail_fast`, as an enter; the resource is exited with the other members in both cases. Under
    /// [`retry`](Self::retry) around it, a check that failed is an attempt that failed.
    ///
    /// # Errors
    ///
    /// An error of the check is a failure of the enter. The resource is exited, with the other members that entered.
    ///
    /// # Panics
    ///
    /// A panic of the check is caught, and counts as a panic of the enter.
    ///
    /// # Cancel safety
    ///
    /// If the scope is dropped during the check, the check is dropped, and then the resource is abandoned. On a reaper,
    /// the check runs to completion, and then the resource is exited.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{ResourceExt, adopt};
    ///
    /// # futures::executor::block_on(async {
    /// let schema = "create table users";
    /// let database = adopt(Vec::new(), async |_, _| Ok(())).ready_when(async |tables: &mut Vec<_>| {
    ///     tables.push(schema); // migrate
    ///     Ok(())
    /// });
    /// database.scope(async |tables| anyhow::Ok(assert_eq!(*tables, ["create table users"]))).await?;
    ///
    /// let database = adopt(0, async |_, _| Ok(())).ready_when(async |version| {
    ///     if *version == 0 { Err("it is too old".into()) } else { Ok(()) }
    /// });
    /// let error = database.named("database").scope(async |_| anyhow::Ok(())).await.unwrap_err();
    /// assert_eq!(error.to_string(), "could not enter database: it is too old");
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[doc(alias = "health")]
    #[doc(alias = "evalTap")]
    fn ready_when<C>(self, check: C) -> ReadyWhen<Self, C>
    where
        Self: Sized,
        for<'g> C: SendCheck<&'g mut Self::Guard>, // `async |guard| {..; Ok(())}`; `Clone`: it captures no `&mut`
    {
        ReadyWhen::new(self, check)
    }

    /// Sets the name of the resource in its failures.
    ///
    /// The name of a group is put before those of its members: `cluster/redis`. A name replaces one that was set
    /// before. A function of [`map_err`](Self::map_err) around it receives the failures with their names.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{ResourceExt, defer, resource};
    ///
    /// # futures::executor::block_on(async {
    /// let web = defer(async |_| Ok(())).named("web");
    /// let redis = resource(async || Err::<(), _>("no such host".into()), async |(), _| Ok(())).named("redis");
    /// let error = (web, redis).named("cluster").scope(async |_| anyhow::Ok(())).await.unwrap_err();
    /// assert_eq!(error.to_string(), "could not enter [1] cluster/redis: no such host");
    /// # });
    /// ```
    fn named(
        self,
        name: impl Into<Cow<'static, str>>, // a `&'static str`, or a `String` of its own: `name.clone()`
    ) -> Named<Self>
    where
        Self: Sized,
    {
        Named::new(self, name.into())
    }

    /// Maps the errors of the resource with a function.
    ///
    /// On a single member the function receives the member's own error. On a group it receives the
    /// [`Failures`](crate::Failures) of a phase, including members' panics, and returns one error, which is reported as
    /// one failure of the group. Panics of a single member, and deadlines set outside, are not passed to the function.
    /// Deadlines set inside are: in `r.enter_within(..).map_err(f)`, `f` receives [`Elapsed`](crate::Elapsed).
    ///
    /// # Panics
    ///
    /// A member's panic in a group stays a panic, whatever the function returns: exits receive `Panicked` if an enter
    /// panicked (law [`roll-back`](crate::laws#roll-back)), and [`Scope::run`] (law
    /// [`panic-last`](crate::laws#panic-last)) and [`Failures::resume_panic`](crate::Failures::resume_panic) resume it.
    ///
    /// If the function panics, its panic is reported as the failure.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use withal::{Failures, Outcome, Resource, ResourceExt};
    ///
    /// struct Disk;
    /// impl Resource for Disk {
    ///     type Guard = ();
    ///     type Error = io::Error;
    ///     async fn enter(&mut self) -> io::Result<()> {
    ///         Err(io::ErrorKind::StorageFull.into())
    ///     }
    ///     async fn exit(&mut self, (): (), _: Outcome<'_>) -> io::Result<()> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # futures::executor::block_on(async {
    /// let disk = Disk.map_err(|error: io::Error| format!("{:?} on disk 7", error.kind()));
    /// let error = disk.scope(async |_| anyhow::Ok(())).await.unwrap_err();
    /// assert_eq!(error.to_string(), "could not enter Disk: StorageFull on disk 7");
    ///
    /// let disks = [Disk, Disk];
    /// let disks = disks.map_err(|failures: Failures| format!("{} disks are full", failures.len())).named("disks");
    /// let error = disks.scope(async |_| anyhow::Ok(())).await.unwrap_err();
    /// assert_eq!(error.to_string(), "could not enter disks: 2 disks are full");
    /// # });
    /// ```
    fn map_err<E: Into<BoxError> + Send, F: FnMut(Self::Error) -> E + Send>(self, map: F) -> MapErr<Self, F>
    where
        Self: Sized,
    {
        MapErr::new(self, map)
    }

    /// Boxes the resource, so that different resources with the same guard type have the same type.
    ///
    /// It stays the same member: a boxed group is one set with the members around it.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{BoxResource, ResourceExt, adopt, resource};
    ///
    /// # futures::executor::block_on(async {
    /// let disks: Vec<BoxResource<'_, String>> = vec![
    ///     resource(async || Ok("ssd".to_owned()), async |_, _| Ok(())).boxed(),
    ///     adopt("tape".to_owned(), async |_, _| Ok(())).boxed(),
    /// ];
    /// let names = disks.scope(async |disks| anyhow::Ok(disks.join(" and "))).await?;
    /// assert_eq!(names, "ssd and tape");
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    fn boxed<'a>(self) -> BoxResource<'a, Self::Guard>
    where
        Self: Sized + 'a,
    {
        BoxResource::new(self)
    }
}

// `?Sized`, as the compiler tries the slice of a `Vec`, too: a `Sized` that fails there hides the sentence of
// `Resource`.
impl<R: Resource + ?Sized> ResourceExt for R {}
