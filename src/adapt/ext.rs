use super::{BoxResource, FailFast, Limit, MapErr, Named, Then, Within};
use crate::body::SendBody;
use crate::error::{BodyError, BoxError, Phase, ScopeError};
use crate::group::Group;
use crate::resource::Resource;
use crate::scope::Scope;
use alloc::borrow::Cow;
use core::fmt;

/// Opens a scope over a resource, or adapts it. It is implemented for every [`Resource`].
///
/// No adaptor but [`then`](Self::then) changes the guard's type (law `guard-kept`).
pub trait ResourceExt: Resource {
    /// Enters the resource, runs the body, exits the resource, and returns what the body returned.
    ///
    /// Whatever was entered is exited once, however the body ends (law `exactly-once`). It is short for
    /// [`Scope::new(self).run(body)`](Scope::run), which tells more of the body.
    ///
    /// Several scopes in one `join!` or `select!`: wrap each as `async { scope.await }`, or incremental builds can
    /// [crash the compiler](crate::when_it_does_not_compile).
    ///
    /// # Order
    ///
    /// All members are entered at once; the body runs if and only if all are in; all are exited at once, first polled
    /// in reverse member order. The scope returns after the last exit.
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
    #[doc(alias = "bracket")]
    #[doc(alias = "gather")]
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
    /// It is short for [`Scope::new(self).run_local(body)`](Scope::run_local). Its future is for single-threaded
    /// executors.
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
    /// counts as failed with [`Elapsed`](crate::Elapsed). From the second poll on the timer is polled first (law
    /// `signal-is-heard`). An enter that is done in the same poll has succeeded all the same, and its guard is not
    /// lost.
    ///
    /// On a group it is one deadline for all: those that were late are named by their paths, and what had entered is
    /// exited, by awaiting.
    ///
    /// An enter that is dropped is not exited, whatever it had begun. So an enter of two steps is two resources, with
    /// the deadline on the second: `create.then(|_| ready.enter_within(timer))` exits the first if the second is late.
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
    fn enter_within<F: FnMut() -> T + Send, T: Future + Send>(self, timer: F) -> Within<Self, F> {
        Within::new(self, Phase::Enter, timer)
    }

    /// Gives the exit a deadline, on any runtime's timer.
    ///
    /// The timer is made when the exit starts. An exit that is not done when it is ready is dropped, with the guard
    /// that it holds, and reported as [`Elapsed`](crate::Elapsed); the exits of the other members go on. From the
    /// second poll on the timer is polled first (law `signal-is-heard`). An exit that is done in the same poll has
    /// succeeded all the same.
    ///
    /// On a group it is one deadline for all: those that were late are named by their paths. What had not begun to exit
    /// is abandoned, and reported too.
    ///
    /// # Exits that block
    ///
    /// An exit that blocks its thread holds up all other members, and no deadline can pass meanwhile: three exits that
    /// block for a second each take three, whatever the timer. Let what blocks run elsewhere, and await it, as with
    /// tokio's `spawn_blocking`. A deadline that passes then ends the wait, and not what blocks.
    ///
    /// # Escalation
    ///
    /// A deadline that passes during the exit drops the exit's future, and nothing of it runs any more. So what is to
    /// happen after a deadline goes into the exit itself, with a timer of its own: send SIGTERM to a process, wait, and
    /// then send SIGKILL. The [`cookbook`](crate::cookbook) has that program. The last resort of an exit that was
    /// dropped is the guard's `Drop`, or [`Resource::exit_dropped`], which has what the resource itself still knows.
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
    fn exit_within<F: FnMut() -> T + Send, T: Future + Send>(self, timer: F) -> Within<Self, F> {
        Within::new(self, Phase::Exit, timer)
    }

    /// Lets at most so many members of a group be entered at a time, and exited (law `bounded`).
    ///
    /// # Order
    ///
    /// A member starts when one before it is done: enters start in member order, exits in reverse. Of two limits on one
    /// group, the narrower holds; the groups in it are not limited.
    ///
    /// # Errors
    ///
    /// As those of the group. Once a member of the scope has failed, here or elsewhere, or the scope is cancelled, no
    /// member that has to wait for its turn is entered any more.
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
    /// use withal::testing::{Event, Ledger, READY, Script};
    /// use withal::ResourceExt;
    ///
    /// # futures::executor::block_on(async {
    /// let ledger = Ledger::new();
    /// let script = Script { enter: READY.pending(1), exit: READY };
    /// let machines: Vec<_> = (0..100).map(|id| ledger.member(id, script)).collect();
    /// machines.limit(3).scope(async |machines| anyhow::Ok(assert_eq!(machines.len(), 100))).await?;
    ///
    /// let mut in_flight = 0;
    /// for event in ledger.events() {
    ///     match event {
    ///         Event::EnterStarted(_) => in_flight += 1,
    ///         Event::Entered(_) => in_flight -= 1,
    ///         _ => {}
    ///     }
    ///     assert!(in_flight <= 3);
    /// }
    /// # anyhow::Ok(()) }).unwrap();
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

    /// Creates a second resource from the guard of this one, and enters it after this one; the guard is that of both.
    ///
    /// The second one owns or shares what it needs of the guard: it can take a part out, or clone a handle, but not
    /// borrow. It is made anew for each enter.
    ///
    /// # Order
    ///
    /// The second is entered when the first is in, and exited before the first (law `series`), also where the two are
    /// a member of a concurrent group. The second resource itself is dropped in between, also where it is abandoned or
    /// did not enter: an exit of the first can take back what the second one shared, as by `Arc::try_unwrap`. There is
    /// one exception: in an enter [by hand](crate::Group#by-hand) that fails, the second is dropped after the
    /// roll-back.
    ///
    /// # Errors
    ///
    /// Those of both, at the positions 0 and 1. If the first does not enter, the second is not made. If the second does
    /// not enter, the first is exited. If a member elsewhere in the scope has failed by then, or the scope is
    /// cancelled, the second is not made any more.
    ///
    /// A function that takes a guard away, or adds one, is a failure to enter as well: its words name the function, and
    /// the second is not entered.
    ///
    /// # Panics
    ///
    /// A panic of the function counts as a failure to enter, and is called `then` among the failures. So is one of the
    /// drop of the second, which counts as a failure to exit; the first is exited all the same.
    ///
    /// # Cancel safety
    ///
    /// If the scope's future is dropped while the second exits, the first is [abandoned](Resource::abandon).
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::testing::{Event::*, Ledger, Script};
    /// use withal::{OutcomeKind::Completed, ResourceExt};
    ///
    /// # futures::executor::block_on(async {
    /// let ledger = Ledger::new();
    /// let pool = ledger.member(0, Script::default());
    /// pool.then(|pool| {
    ///     assert_eq!(pool.0, 0);
    ///     ledger.member(1, Script::default())
    /// })
    /// .scope(async |(_pool, _connection)| anyhow::Ok(()))
    /// .await?;
    /// assert_eq!(ledger.events(), [
    ///     EnterStarted(0), Entered(0), EnterStarted(1), Entered(1),
    ///     ExitStarted(1, Completed), Exited(1), ExitStarted(0, Completed), Exited(0),
    /// ]);
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    fn then<B: Resource, F: FnMut(&mut Self::Guard) -> B + Send>(self, make: F) -> Then<Self, F, B> {
        Then::new(self, make)
    }

    /// Names the resource, for the words in which its failures are told.
    ///
    /// The name of a group stands before those of its members: `cluster/redis`. A name replaces one given before it. A
    /// function of [`map_err`](Self::map_err) around it sees the failures under their names.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::testing::{Ledger, READY, Script, Step};
    /// use withal::ResourceExt;
    ///
    /// # futures::executor::block_on(async {
    /// let ledger = Ledger::new();
    /// let script = Script { enter: Step::error(), exit: READY };
    /// let cluster = (ledger.member(0, Script::default()).named("web"), ledger.member(1, script).named("redis"));
    /// let error = cluster.named("cluster").scope(async |_| anyhow::Ok(())).await.unwrap_err();
    /// assert_eq!(error.to_string(), "could not enter [1] cluster/redis: member 1 fails, as scripted");
    /// # });
    /// ```
    fn named(self, name: impl Into<Cow<'static, str>>) -> Named<Self> {
        Named::new(self, name.into())
    }

    /// Turns the errors of the resource into others.
    ///
    /// On one member the function gets the member's own error. On a group it gets the [`Failures`](crate::Failures) of
    /// a phase, a member's panic among them, and makes of all of them one failure of the group. That a lone member
    /// panicked, or missed a deadline which is set around this, passes as it is. A deadline that is set below, as in
    /// `r.enter_within(..).map_err(f)`, is an error of what has it, and `f` gets it.
    ///
    /// # Panics
    ///
    /// A member's panic in a group stays a panic, whatever the function makes of it: exits are told `Panicked` if it
    /// was that of an enter (law `roll-back`), [`Scope::run`] resumes it (law `panic-last`), and so does
    /// [`Failures::resume_panic`](crate::Failures::resume_panic).
    ///
    /// If the function panics, that panic is the failure.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::testing::{Ledger, READY, Script, ScriptedError, Step};
    /// use withal::{Failures, ResourceExt};
    ///
    /// # futures::executor::block_on(async {
    /// let ledger = Ledger::new();
    /// let script = Script { enter: Step::error(), exit: READY };
    /// let member = ledger.member(7, script).map_err(|error: ScriptedError| format!("disk {} is full", error.0));
    /// let error = member.scope(async |_| anyhow::Ok(())).await.unwrap_err();
    /// assert_eq!(error.to_string(), "could not enter Scripted: disk 7 is full");
    ///
    /// let disks = [ledger.member(0, script), ledger.member(1, script)];
    /// let disks = disks.map_err(|failures: Failures| format!("{} disks are full", failures.len())).named("disks");
    /// let error = disks.scope(async |_| anyhow::Ok(())).await.unwrap_err();
    /// assert_eq!(error.to_string(), "could not enter disks: 2 disks are full");
    /// # });
    /// ```
    fn map_err<E: Into<BoxError> + Send, F: FnMut(Self::Error) -> E + Send>(self, map: F) -> MapErr<Self, F> {
        MapErr::new(self, map)
    }

    /// Boxes the resource, so that different ones with guards of one type are of one type.
    ///
    /// It stays the same member: a group that is boxed is one set with the members around it.
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
        Self: 'a,
    {
        BoxResource::new(self)
    }
}

#[expect(
    clippy::needless_maybe_sized,
    reason = "the compiler tries the slice of a `Vec` too, and a `Sized` that fails there hides the sentence \
              of `Resource`"
)]
impl<R: Resource + ?Sized> ResourceExt for R {}
