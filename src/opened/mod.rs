//! Scopes that are owned: a value instead of a body. `members.rs` has the phases, and `scope/open.rs` the order of
//! events until all members are in.

mod abandon;
mod attend;
mod detach;
mod members;
mod shared_work;

pub(crate) use abandon::AbandonSignal;
pub(crate) use detach::{Detach, let_go};
pub(crate) use members::{Members, Opening, enter, exit};
pub(crate) use shared_work::SharedWork;

use crate::error::{Failures, NameKind, Phase, ScopeError, ScopeErrorKind};
use crate::lock::Mutex;
use crate::outcome::{Outcome, OutcomeCopy};
use crate::panic_log::PanicLog;
use crate::resource::Resource;
use crate::signal::{SignalPair, Signals};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::pin::pin;

/// A scope that is owned: its members are up for as long as it lives. Returned by [`Scope::open`](crate::Scope::open).
///
/// It derefs to the guard. It can be the field of a struct, the state of a server, or the fixture of a test; it is
/// `Send`, and `Sync` if the guard is. Every member is exited once, or abandoned once (laws
/// [`owned`](crate::laws#owned), [`exactly-once`](crate::laws#exactly-once)):
///
/// | what happens to it | what happens to the members | the outcome |
/// |---|---|---|
/// | [`close`](Self::close) | exited | `Completed` |
/// | [`close_with`](Self::close_with) | exited | the one that is passed |
/// | closed, and the signal of [`abandon_on`](crate::Scope::abandon_on) fires | exits in flight are dropped, the others [abandoned](Resource::abandon) | |
/// | dropped, on a [`Reaper`](crate::Reaper) | exited there | `Cancelled` |
/// | dropped, without a reaper | abandoned, in reverse member order | |
/// | forgotten, as by `mem::forget` | nothing: they are neither exited nor abandoned | |
///
/// # Members that work
///
/// No body runs in which the [work](crate::background()) of the members could be polled. On a reaper a task of its
/// spawner polls the work, from `open` until the members have exited. It is spawned only if there can be work: if there
/// is a `background`, a `watch`, a stack or a pool. [`Reaper::pending`](crate::Reaper::pending) does not count this
/// task, and [`idle`](crate::Reaper::idle) does not wait for it: nothing has to be finished as long as this value
/// lives. The task owns neither the spawner nor this value, so it keeps no executor alive. If the spawner refuses the
/// task, or there is no reaper, [`attend`](Self::attend) polls the work. The exits poll it in any case (law
/// [`attended`](crate::laws#attended)).
///
/// If the work of a member fails, no body is stopped, and the other members stay up. [`close`](Self::close) passes
/// `Completed` to the exits even then: if a transaction must not commit, use
/// `close_with(Outcome::Cancelled)`. The failure waits for a call of
/// `attend`, and else `close` returns it. If this value is dropped on a reaper,
/// [`Reaper::on_failure`](crate::Reaper::on_failure) receives it.
///
/// # Panics
///
/// If it is dropped, and an `abandon`, a destructor or the spawner panics, the others still run, and then the first
/// panic resumes, unless the thread is panicking already.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
/// use withal::{Opened, Outcome, Resource, Scope, ScopeError};
///
/// struct Database;
///
/// impl Resource for Database {
///     type Guard = Vec<u32>;
///     type Error = Infallible;
///
///     async fn enter(&mut self) -> Result<Vec<u32>, Infallible> {
///         Ok(Vec::new())
///     }
///
///     async fn exit(&mut self, _: Vec<u32>, _: Outcome<'_>) -> Result<(), Infallible> {
///         Ok(())
///     }
/// }
///
/// struct App {
///     database: Opened<Database>,
/// }
///
/// impl App {
///     async fn start() -> Result<Self, ScopeError> {
///         Ok(Self { database: Scope::new(Database).open().await? })
///     }
///
///     async fn stop(self) -> Result<(), ScopeError> {
///         self.database.close().await
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let mut app = App::start().await?;
/// app.database.push(1);
/// assert_eq!(app.database.len(), 1);
/// app.stop().await?;
/// # anyhow::Ok(()) }).unwrap();
/// ```
#[must_use = "what is dropped is not exited by awaiting: keep it, and call `close().await`"]
pub struct Opened<R: Resource> {
    /// `Some` until this is closed or dropped.
    guard: Option<R::Guard>,
    /// Locked to look for failures of their work. That calls foreign code, which names members and converts errors.
    members: Mutex<Option<Members<R>>>,
    /// `None` without a reaper, or when this is closed.
    detach: Option<Box<dyn Detach<R>>>,
    /// Locked only because it need not be `Sync`.
    abandon: Mutex<Option<AbandonSignal>>,
}

impl<R: Resource> Opened<R> {
    /// Takes over members that are in.
    pub(crate) fn new(
        mut members: Members<R>,
        detach: Option<Box<dyn Detach<R>>>,
        abandon: Option<AbandonSignal>,
    ) -> Self {
        let guard = members.take_guard();
        Self { guard, members: Mutex::new(Some(members)), detach, abandon: Mutex::new(abandon) }
    }

    /// Exits all members, which receive the outcome `Completed`.
    ///
    /// # Order
    ///
    /// All exits overlap, and are first polled in reverse member order (law
    /// [`reverse-start`](crate::laws#reverse-start)). It returns after the last exit has ended
    /// ([`wait-for-exits`](crate::laws#wait-for-exits)).
    ///
    /// # Errors
    ///
    /// A [`ScopeError`] with all failures: of the exits, and of work that failed before and that no call of
    /// [`attend`](Self::attend) has returned (law [`nothing-lost`](crate::laws#nothing-lost)). Its kind is
    /// [`MemberFailed`](ScopeErrorKind::MemberFailed) if such work failed first, and otherwise
    /// [`Exit`](ScopeErrorKind::Exit).
    ///
    /// # Panics
    ///
    /// Resumes the earliest panic of a member once every exit has ended (law [`panic-last`](crate::laws#panic-last)).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before its first poll, this value is dropped. If it is dropped after that, the exits go
    /// on on the reaper. Without one, exits in flight are dropped, with their guards, and
    /// [`exit_dropped`](Resource::exit_dropped) is called for these; members whose exit has not begun are abandoned.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{ResourceExt, Scope, defer};
    ///
    /// # futures::executor::block_on(async {
    /// let lock = defer(async |_| Err("the lock is stuck".into())).named("lock");
    /// let opened = Scope::new((lock, ())).open().await?;
    /// assert_eq!(opened.close().await.unwrap_err().to_string(), "could not exit [0] lock: the lock is stuck");
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[doc(alias = "aclose")]
    #[doc(alias = "shutdown")]
    pub async fn close(self) -> Result<(), ScopeError> {
        self.close_with(Outcome::Completed).await
    }

    /// Exits all members, which receive this outcome.
    ///
    /// A resource of your own that has an `Opened` passes on the outcome that its own exit received. On a reaper, where
    /// the exits can outlive the error, a cause is passed on as its text: no exit can downcast it, nor vote for it.
    ///
    /// # Order
    ///
    /// All exits overlap, and are first polled in reverse member order (law
    /// [`reverse-start`](crate::laws#reverse-start)). All members receive the same outcome
    /// ([`same-outcome`](crate::laws#same-outcome)).
    ///
    /// # Errors
    ///
    /// A [`ScopeError`] with all failures: of the exits, and of work that failed before and that no call of
    /// [`attend`](Self::attend) has returned (law [`nothing-lost`](crate::laws#nothing-lost)). Its kind is
    /// [`MemberFailed`](ScopeErrorKind::MemberFailed) if such work failed first, and otherwise
    /// [`Exit`](ScopeErrorKind::Exit).
    ///
    /// # Panics
    ///
    /// Resumes the earliest panic of a member once every exit has ended (law [`panic-last`](crate::laws#panic-last)).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before its first poll, this value is dropped. If it is dropped after that, the exits go
    /// on on the reaper. Without one, exits in flight are dropped, with their guards, and
    /// [`exit_dropped`](Resource::exit_dropped) is called for these; members whose exit has not begun are abandoned.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{Outcome, OutcomeKind, Scope, defer};
    ///
    /// # futures::executor::block_on(async {
    /// let transaction = defer(async |outcome| {
    ///     assert_eq!(outcome.kind(), OutcomeKind::Cancelled); // so it rolls back
    ///     Ok(())
    /// });
    /// Scope::new(transaction).open().await?.close_with(Outcome::Cancelled).await?;
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    pub async fn close_with(mut self, outcome: Outcome<'_>) -> Result<(), ScopeError> {
        let panics = PanicLog::new();
        let mut failures = Failures::default();
        if let Some(members) = self.take_members() {
            let opening = Arc::clone(members.opening());
            let signals = pin!(SignalPair::of_opened(self.abandon.get_mut().take()));
            let mut signals = Signals::new(signals, &panics);
            if signals.is_armed() && signals.fires().await {
                opening.state.abandon();
            }
            let exits = async {
                match &self.detach {
                    Some(detach) => detach.exit(members, OutcomeCopy::new(outcome, true), &panics).await,
                    None => exit(members, outcome).await,
                }
            };
            failures = signals.during_exits(pin!(exits), || _ = opening.state.abandon()).await;
            drop(signals);
            for panic in panics.take() {
                failures.add_panic(NameKind::OfType("signal"), Phase::Exit, panic);
            }
            if let Some(detach) = self.detach.take() {
                let_go(detach, &mut failures);
            }
            opening.state.observer().close(&failures);
        }
        let failures = failures.resume_panic();
        match failures.first().map(crate::error::Failure::phase) {
            None => Ok(()),
            Some(Phase::Up) => Err(ScopeError::new(ScopeErrorKind::MemberFailed, None, failures)),
            Some(_) => Err(ScopeError::new(ScopeErrorKind::Exit, None, failures)),
        }
    }

    fn take_members(&mut self) -> Option<Members<R>> {
        let mut members = self.members.get_mut().take()?;
        members.put_guard(self.guard.take());
        Some(members)
    }
}

const CLOSED: &str = "the guard is there until this is closed";

impl<R: Resource> Deref for Opened<R> {
    type Target = R::Guard;

    fn deref(&self) -> &R::Guard {
        self.guard.as_ref().expect(CLOSED)
    }
}

impl<R: Resource> DerefMut for Opened<R> {
    fn deref_mut(&mut self) -> &mut R::Guard {
        self.guard.as_mut().expect(CLOSED)
    }
}

impl<R: Resource<Guard: fmt::Debug>> fmt::Debug for Opened<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Opened").field(&**self).finish()
    }
}

impl<R: Resource> Drop for Opened<R> {
    fn drop(&mut self) {
        let panics = PanicLog::new();
        let (members, detach) = (self.take_members(), self.detach.take());
        match (members, &detach) {
            (Some(members), Some(detach)) => detach.leave(members, &panics),
            (members, _) => panics.drop(members),
        }
        if let Some(detach) = detach {
            detach.let_go(&panics);
        }
    }
}
