//! The state that a scope and its task share.

use crate::error::Failures;
use crate::lock::{Mutex, MutexGuard};
use crate::member::EnterState;
use crate::nest::Level;
use crate::panic_log::PanicLog;
use crate::scope::OwnedOutcome;
use crate::unwind::CaughtPanic;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;

/// The values that the scope and its task pass to each other. No user code runs while `shared` is locked.
pub(super) struct Exchange<G, X> {
    pub(super) state: EnterState,
    shared: Mutex<ExchangeState<G, X>>,
}

pub(super) struct ExchangeState<G, X> {
    pub(super) all_in: Option<bool>,
    pub(super) guard: Option<G>,
    pub(super) outcome: Option<OwnedOutcome>,
    pub(super) error: Option<X>,
    pub(super) body_panics: Vec<CaughtPanic>,
    pub(super) failures: Option<Failures>,
    pub(super) scope: ScopeSide,
    /// The level of a body that was dropped with the scope, if there were scopes within it.
    pub(super) level: Option<Arc<Level>>,
    /// Panics that the task leaves to the scope if the task is dropped while the scope passes it to the reaper.
    pub(super) task_panics: Vec<CaughtPanic>,
}

/// The state of the scope's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeSide {
    /// It waits for the task.
    Waiting,
    /// It is being dropped, and passes the task to the reaper.
    Leaving,
    /// It is dropped.
    Gone,
}

impl<G, X> Exchange<G, X> {
    pub(super) fn new(state: EnterState) -> Self {
        let shared = ExchangeState {
            all_in: None,
            guard: None,
            outcome: None,
            error: None,
            body_panics: Vec::new(),
            failures: None,
            scope: ScopeSide::Waiting,
            level: None,
            task_panics: Vec::new(),
        };
        Self { state, shared: Mutex::new(shared) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, ExchangeState<G, X>> {
        self.shared.lock()
    }
}

/// Access to the enter state of a task, to cancel it.
pub(super) struct EnterStateRef<G, X>(pub(super) Arc<Exchange<G, X>>);

impl<G, X> Deref for EnterStateRef<G, X> {
    type Target = EnterState;

    fn deref(&self) -> &EnterState {
        &self.0.state
    }
}

/// Decides where panics resume if the task is dropped before its end. If the scope is just passing the task to the
/// reaper, they resume where the scope is dropped, which then resumes the earliest of all. Otherwise they resume where
/// the task is dropped.
pub(super) struct PanicsOnDrop<'a, G, X> {
    pub(super) panics: &'a PanicLog,
    pub(super) exchange: &'a Exchange<G, X>,
}

impl<G, X> Drop for PanicsOnDrop<'_, G, X> {
    fn drop(&mut self) {
        let mut shared = self.exchange.lock();
        let shared = &mut *shared;
        match shared.scope {
            ScopeSide::Waiting => {}
            ScopeSide::Leaving => {
                shared.task_panics.append(&mut shared.body_panics);
                shared.task_panics.extend(self.panics.take());
            }
            ScopeSide::Gone => shared.body_panics.drain(..).for_each(|panic| self.panics.push(panic)),
        }
    }
}
