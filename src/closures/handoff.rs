//! The state that an async function and the resource created from it share.

use crate::lock::{Mutex, MutexGuard};
use crate::outcome::{Outcome, OutcomeCopy};
use crate::panic_log::PanicLog;
use crate::unwind::catch;
use core::future::poll_fn;
use core::task::{Context, Poll, Waker};

pub(super) struct Handoff<G>(Mutex<HandoffState<G>>);

struct HandoffState<G> {
    place: GuardPlace<G>,
    /// The waker of the resource while it enters, or of the function while the guard is lent.
    waiting: Option<Waker>,
    wants_cause: bool,
    voted: bool,
}

enum GuardPlace<G> {
    NotYet,
    Offered(G),
    Lent,
    Back(G, OutcomeCopy),
    Received,
    GivenUp,
}

impl<G> Handoff<G> {
    pub(super) fn new() -> Self {
        let place = GuardPlace::NotYet;
        Self(Mutex::new(HandoffState { place, waiting: None, wants_cause: false, voted: false }))
    }

    fn state(&self) -> MutexGuard<'_, HandoffState<G>> {
        self.0.lock()
    }

    /// Takes the guard if the function has offered it, or else stores the waker.
    pub(super) fn collect(&self, cx: &mut Context<'_>) -> Option<G> {
        let waker = cx.waker().clone();
        let mut state = self.state();
        match core::mem::replace(&mut state.place, GuardPlace::Lent) {
            GuardPlace::Offered(guard) => Some(guard),
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
    pub(super) fn give_back(&self, guard: G, outcome: Outcome<'_>, panics: &PanicLog) -> Option<G> {
        let wants_cause = self.state().wants_cause;
        let ended = OutcomeCopy::new(outcome, wants_cause);
        let mut state = self.state();
        if !matches!(state.place, GuardPlace::Lent) {
            return Some(guard);
        }
        state.place = GuardPlace::Back(guard, ended);
        let waiting = state.waiting.take();
        drop(state);
        if let Some(Err(panic)) = waiting.map(|waiting| catch(|| waiting.wake())) {
            panics.push(panic);
        }
        None
    }

    pub(super) fn has_given_up(&self) -> bool {
        matches!(self.state().place, GuardPlace::GivenUp)
    }

    pub(super) fn has_received(&self) -> bool {
        matches!(self.state().place, GuardPlace::Received)
    }

    pub(super) fn note_vote(&self, ended: &OutcomeCopy) {
        self.state().voted = ended.has_voted();
    }

    pub(super) fn has_voted(&self) -> bool {
        self.state().voted
    }
}

/// A guard that is lent. If this is dropped before the guard is back, `give_up` is called with a guard that is still
/// here.
pub(super) struct Lending<'d, G, U: FnMut(G)> {
    handoff: &'d Handoff<G>,
    guard: Option<G>,
    give_up: U,
}

impl<'d, G, U: FnMut(G)> Lending<'d, G, U> {
    pub(super) fn new(handoff: &'d Handoff<G>, guard: G, give_up: U) -> Self {
        Self { handoff, guard: Some(guard), give_up }
    }

    /// Passes the guard on, and waits until it is returned.
    pub(super) async fn run(mut self, wants_cause: bool) -> (G, OutcomeCopy) {
        poll_fn(|cx| {
            // Wakers are cloned, dropped and woken outside of the lock, because they run foreign code.
            let waker = cx.waker().clone();
            let mut state = self.handoff.state();
            if let Some(guard) = self.guard.take() {
                state.place = GuardPlace::Offered(guard);
                state.wants_cause = wants_cause;
                let collector = state.waiting.replace(waker);
                drop(state);
                if let Some(collector) = collector {
                    collector.wake();
                }
                return Poll::Pending;
            }
            match core::mem::replace(&mut state.place, GuardPlace::Received) {
                GuardPlace::Back(guard, ended) => Poll::Ready((guard, ended)),
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
        let mut state = self.handoff.state();
        let place = match state.place {
            GuardPlace::Received => return,
            _ => core::mem::replace(&mut state.place, GuardPlace::GivenUp),
        };
        drop(state);
        if let (Some(guard), _) | (None, GuardPlace::Offered(guard) | GuardPlace::Back(guard, _)) =
            (self.guard.take(), place)
        {
            // The function may be unwinding already, so a panic of `give_up` must not escape.
            let panics = PanicLog::new();
            if let Err(panic) = catch(|| (self.give_up)(guard)) {
                panics.push(panic);
            }
        }
    }
}
