//! The state that an async function and the resource created from it share.

use crate::lock::{Mutex, MutexGuard};
use crate::outcome::{Cause, Lend, Lent, Outcome, OutcomeKind};
use crate::panic::Panics;
use crate::unwind::catch;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::future::poll_fn;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
use core::task::{Context, Poll, Waker};

pub(super) struct Desk<G>(Mutex<State<G>>);

struct State<G> {
    place: Place<G>,
    /// The waker of the resource while it enters, or of the function while the guard is lent.
    waiting: Option<Waker>,
    wants_cause: bool,
    voted: bool,
}

enum Place<G> {
    NotYet,
    Offered(G),
    Lent,
    Back(G, Ended),
    Received,
    GivenUp,
}

/// An owned form of the scope's outcome: the kind, and the text of the cause.
pub(super) struct Ended {
    pub(super) kind: OutcomeKind,
    cause: String,
    voted: AtomicBool,
}

impl Ended {
    fn new(outcome: Outcome<'_>, wants_cause: bool) -> Self {
        let cause = match outcome {
            Outcome::Failed(cause) | Outcome::EnterFailed(cause) if wants_cause => {
                catch(|| format!("{cause:?}")).unwrap_or_else(|_| "an error whose `Debug` panics".to_owned())
            }
            _ => String::new(),
        };
        Self { kind: outcome.kind(), cause, voted: AtomicBool::new(false) }
    }

    pub(super) fn outcome(&self) -> Outcome<'_> {
        let cause = || Cause::new(self);
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

impl Lend for Ended {
    fn lend(&self) -> Lent<'_> {
        Lent::Opaque(&self.cause)
    }

    fn vote(&self) {
        self.voted.store(true, SeqCst);
    }
}

impl<G> Desk<G> {
    pub(super) fn new() -> Self {
        let place = Place::NotYet;
        Self(Mutex::new(State { place, waiting: None, wants_cause: false, voted: false }))
    }

    fn state(&self) -> MutexGuard<'_, State<G>> {
        self.0.lock()
    }

    /// Takes the guard if the function has offered it, or else stores the waker.
    pub(super) fn collect(&self, cx: &mut Context<'_>) -> Option<G> {
        let waker = cx.waker().clone();
        let mut state = self.state();
        match core::mem::replace(&mut state.place, Place::Lent) {
            Place::Offered(guard) => Some(guard),
            other => {
                state.place = other;
                let replaced = state.waiting.replace(waker);
                drop(state);
                drop(replaced);
                None
            }
        }
    }

    /// Returns the guard to the function, or to the caller if the function gave up. Wakes the function. A panic of the
    /// waker is recorded, because the function still has to be polled.
    pub(super) fn give_back(&self, guard: G, outcome: Outcome<'_>, panics: &Panics) -> Option<G> {
        let wants_cause = self.state().wants_cause;
        let ended = Ended::new(outcome, wants_cause);
        let mut state = self.state();
        if !matches!(state.place, Place::Lent) {
            return Some(guard);
        }
        state.place = Place::Back(guard, ended);
        let waiting = state.waiting.take();
        drop(state);
        if let Some(Err(panic)) = waiting.map(|waiting| catch(|| waiting.wake())) {
            panics.push(panic);
        }
        None
    }

    pub(super) fn has_given_up(&self) -> bool {
        matches!(self.state().place, Place::GivenUp)
    }

    pub(super) fn has_received(&self) -> bool {
        matches!(self.state().place, Place::Received)
    }

    pub(super) fn note_vote(&self, ended: &Ended) {
        self.state().voted = ended.voted.load(SeqCst);
    }

    pub(super) fn has_voted(&self) -> bool {
        self.state().voted
    }
}

/// A guard that is lent. If this is dropped before the guard is back, `give_up` is called with a guard that is still
/// here.
pub(super) struct Lending<'d, G, U: FnMut(G)> {
    desk: &'d Desk<G>,
    guard: Option<G>,
    give_up: U,
}

impl<'d, G, U: FnMut(G)> Lending<'d, G, U> {
    pub(super) fn new(desk: &'d Desk<G>, guard: G, give_up: U) -> Self {
        Self { desk, guard: Some(guard), give_up }
    }

    /// Lends the guard, and waits until it is returned.
    pub(super) async fn run(mut self, wants_cause: bool) -> (G, Ended) {
        poll_fn(|cx| {
            // Wakers are cloned, dropped and woken outside of the lock, because they run foreign code.
            let waker = cx.waker().clone();
            let mut state = self.desk.state();
            if let Some(guard) = self.guard.take() {
                state.place = Place::Offered(guard);
                state.wants_cause = wants_cause;
                let collector = state.waiting.replace(waker);
                drop(state);
                if let Some(collector) = collector {
                    collector.wake();
                }
                return Poll::Pending;
            }
            match core::mem::replace(&mut state.place, Place::Received) {
                Place::Back(guard, ended) => Poll::Ready((guard, ended)),
                other => {
                    state.place = other;
                    let replaced = state.waiting.replace(waker);
                    drop(state);
                    drop(replaced);
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
            _ => core::mem::replace(&mut state.place, Place::GivenUp),
        };
        drop(state);
        if let (Some(guard), _) | (None, Place::Offered(guard) | Place::Back(guard, _)) = (self.guard.take(), place) {
            // The function may be unwinding already, so a panic of `give_up` must not escape.
            let panics = Panics::new();
            if let Err(panic) = catch(|| (self.give_up)(guard)) {
                panics.push(panic);
            }
        }
    }
}
