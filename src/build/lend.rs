//! How an async function lends a guard in the middle of itself, and gets it back.

use crate::error::BoxError;
use crate::outcome::{Cause, Outcome, OutcomeKind};
use crate::panic::{catch, discard};
use crate::resource::Resource;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Lends the guard of a resource that is made by [`around`](crate::around).
pub struct Lend<G> {
    desk: Arc<Desk<G>>,
}

impl<G> std::fmt::Debug for Lend<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lend").finish_non_exhaustive()
    }
}

impl<G: Send> Lend<G> {
    pub(super) fn new(desk: Arc<Desk<G>>) -> Self {
        Self { desk }
    }

    /// Lends the guard for as long as the resource is up: the resource is entered with this, and when it is to exit,
    /// this gives the guard back, and how the scope ended.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the guard is dropped, and the resource fails: to enter if it has not entered, else to
    /// exit. That is how the resource is abandoned, too.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{OutcomeKind, ResourceExt, around};
    ///
    /// # futures::executor::block_on(async {
    /// let counted = around(async |lend| {
    ///     let (count, kind) = lend.lend(0).await;
    ///     assert_eq!((count, kind), (2, OutcomeKind::Completed));
    ///     Ok(())
    /// });
    /// counted
    ///     .scope(async |count| {
    ///         *count += 2;
    ///         anyhow::Ok(())
    ///     })
    ///     .await?;
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    pub async fn lend(self, guard: G) -> (G, OutcomeKind) {
        let (guard, ended) = Lending { desk: &self.desk, guard: Some(guard), give_up: drop }.run(false).await;
        (guard, ended.kind)
    }

    /// Enters an inner resource, lends its guard for as long as the outer one is up, and exits the inner one. It can
    /// borrow from what the function holds; the guard cannot, as it leaves the function.
    ///
    /// The inner one is told the outcome of the scope. The cause in it is opaque, as what came later cannot be lent to
    /// what began before it: its `Debug` is that of the scope's, and both its look-ups give `None`. Its vote to
    /// [suppress](Cause::suppress) the error counts.
    ///
    /// # Errors
    ///
    /// Those of the inner resource, when it enters or exits.
    ///
    /// # Panics
    ///
    /// What the inner resource panics with.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped while the guard is lent, the inner resource is [abandoned](Resource::abandon).
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{ResourceExt, around, resource};
    ///
    /// # futures::executor::block_on(async {
    /// let greeting = around(async |lend| {
    ///     let name = String::from("world");
    ///     let inner = resource(async || Ok(format!("hello, {name}")), async |_, _| Ok(()));
    ///     lend.through(inner).await?; // the inner one borrows the name
    ///     Ok(())
    /// });
    /// assert_eq!(greeting.scope(async |text| anyhow::Ok(text.clone())).await?, "hello, world");
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[expect(
        clippy::manual_async_fn,
        reason = "of an `async fn` the compiler looks into what it holds to see that it is `Send`, and then knows too little"
    )]
    pub fn through<R>(self, mut resource: R) -> impl Future<Output = Result<OutcomeKind, BoxError>> + Send
    where
        R: Resource<Guard = G>, // it may borrow from the function; its guard may not
    {
        async move {
            let guard = resource.enter().await.map_err(Into::into)?;
            let give_up = |guard| resource.abandon(guard);
            let (guard, ended) = Lending { desk: &self.desk, guard: Some(guard), give_up }.run(true).await;
            let exited = resource.exit(guard, ended.outcome()).await.map_err(Into::into);
            self.desk.state().voted = ended.voted.load(SeqCst);
            exited.map(|()| ended.kind)
        }
    }
}

/// Where the function and the resource meet.
pub(super) struct Desk<G>(Mutex<State<G>>);

struct State<G> {
    place: Place<G>,
    /// The resource while it enters, or the function while the guard is lent.
    waiting: Option<Waker>,
    wants_cause: bool,
    voted: bool,
}

/// Where the guard is.
enum Place<G> {
    NotYet,
    Offered(G),
    Lent,
    Back(G, Ended),
    Received,
    GivenUp,
}

/// How the scope ended, without what can only be borrowed.
pub(super) struct Ended {
    kind: OutcomeKind,
    cause: String,
    voted: AtomicBool,
}

impl Ended {
    fn new(outcome: Outcome<'_>, wants_cause: bool) -> Self {
        let cause = match outcome {
            Outcome::Failed(cause) | Outcome::EnterFailed(cause) if wants_cause => catch(|| format!("{cause:?}"))
                .unwrap_or_else(|panic| {
                    discard(panic.into_payload());
                    "an error whose `Debug` panics".to_owned()
                }),
            _ => String::new(),
        };
        Self { kind: outcome.kind(), cause, voted: AtomicBool::new(false) }
    }

    fn outcome(&self) -> Outcome<'_> {
        let cause = || Cause::opaque(&self.cause, Some(&self.voted));
        match self.kind {
            OutcomeKind::Completed => Outcome::Completed,
            OutcomeKind::Failed => Outcome::Failed(cause()),
            OutcomeKind::EnterFailed => Outcome::EnterFailed(cause()),
            OutcomeKind::Panicked => Outcome::Panicked,
            OutcomeKind::Cancelled => Outcome::Cancelled,
            OutcomeKind::Released => Outcome::Released,
        }
    }
}

impl<G> Desk<G> {
    pub(super) fn new() -> Self {
        let place = Place::NotYet;
        Self(Mutex::new(State { place, waiting: None, wants_cause: false, voted: false }))
    }

    fn state(&self) -> MutexGuard<'_, State<G>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the guard that is offered to the scope.
    pub(super) fn collect(&self, cx: &mut Context<'_>) -> Option<G> {
        let mut state = self.state();
        match std::mem::replace(&mut state.place, Place::Lent) {
            Place::Offered(guard) => Some(guard),
            other => {
                state.place = other;
                state.waiting = Some(cx.waker().clone());
                None
            }
        }
    }

    /// Gives the guard back to the function, or to the caller if the function gave up.
    pub(super) fn give_back(&self, guard: G, outcome: Outcome<'_>) -> Option<G> {
        let wants_cause = self.state().wants_cause;
        let ended = Ended::new(outcome, wants_cause);
        let mut state = self.state();
        if !matches!(state.place, Place::Lent) {
            return Some(guard);
        }
        state.place = Place::Back(guard, ended);
        let waiting = state.waiting.take();
        drop(state);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
        None
    }

    pub(super) fn has_given_up(&self) -> bool {
        matches!(self.state().place, Place::GivenUp)
    }

    pub(super) fn has_received(&self) -> bool {
        matches!(self.state().place, Place::Received)
    }

    pub(super) fn has_voted(&self) -> bool {
        self.state().voted
    }
}

/// A guard on loan. If this is dropped in the middle, `give_up` gets the guard that is here.
struct Lending<'d, G, U: FnMut(G)> {
    desk: &'d Desk<G>,
    guard: Option<G>,
    give_up: U,
}

impl<G, U: FnMut(G)> Lending<'_, G, U> {
    async fn run(mut self, wants_cause: bool) -> (G, Ended) {
        poll_fn(|cx| {
            let mut state = self.desk.state();
            if let Some(guard) = self.guard.take() {
                state.place = Place::Offered(guard);
                state.wants_cause = wants_cause;
                let collector = state.waiting.replace(cx.waker().clone());
                drop(state);
                if let Some(collector) = collector {
                    collector.wake();
                }
                return Poll::Pending;
            }
            match std::mem::replace(&mut state.place, Place::Received) {
                Place::Back(guard, ended) => Poll::Ready((guard, ended)),
                other => {
                    state.place = other;
                    state.waiting = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl<G, U: FnMut(G)> Drop for Lending<'_, G, U> {
    fn drop(&mut self) {
        let mut state = self.desk.state();
        let place = match state.place {
            Place::Received => return,
            _ => std::mem::replace(&mut state.place, Place::GivenUp),
        };
        drop(state);
        if let (Some(guard), _) | (None, Place::Offered(guard) | Place::Back(guard, _)) = (self.guard.take(), place) {
            (self.give_up)(guard);
        }
    }
}
