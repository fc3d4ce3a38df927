//! The state that a scope and its task share.

use crate::error::Failures;
use crate::hold::EntryState;
use crate::lock::{Mutex, MutexGuard};
use crate::panic::Panics;
use crate::scope::OwnedOutcome;
use crate::unwind::Panic;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;

/// The values that the scope and its task pass to each other. No user code runs while `desk` is locked.
pub(super) struct Exchange<G, X> {
    pub(super) state: EntryState,
    desk: Mutex<Desk<G, X>>,
}

pub(super) struct Desk<G, X> {
    pub(super) all_in: Option<bool>,
    pub(super) guard: Option<G>,
    pub(super) outcome: Option<OwnedOutcome>,
    pub(super) error: Option<X>,
    pub(super) body_panics: Vec<Panic>,
    pub(super) failures: Option<Failures>,
    pub(super) scope: End,
    /// Panics that the task leaves to the scope if the task is dropped while the scope passes it to the reaper.
    pub(super) task_panics: Vec<Panic>,
}

/// The state of the scope's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It waits for the task.
    Waiting,
    /// It is being dropped, and passes the task to the reaper.
    Leaving,
    /// It is dropped.
    Gone,
}

impl<G, X> Exchange<G, X> {
    pub(super) fn new(state: EntryState) -> Self {
        let desk = Desk {
            all_in: None,
            guard: None,
            outcome: None,
            error: None,
            body_panics: Vec::new(),
            failures: None,
            scope: End::Waiting,
            task_panics: Vec::new(),
        };
        Self { state, desk: Mutex::new(desk) }
    }

    pub(super) fn desk(&self) -> MutexGuard<'_, Desk<G, X>> {
        self.desk.lock()
    }
}

/// Access to the enter state of a task, to cancel it.
pub(super) struct Entering<G, X>(pub(super) Arc<Exchange<G, X>>);

impl<G, X> Deref for Entering<G, X> {
    type Target = EntryState;

    fn deref(&self) -> &EntryState {
        &self.0.state
    }
}

/// Decides where panics resume if the task is dropped before its end. If the scope is just passing the task to the
/// reaper, they resume where the scope is dropped, which then resumes the earliest of all. Otherwise they resume where
/// the task is dropped.
pub(super) struct PanicsOnDrop<'a, G, X> {
    pub(super) panics: &'a Panics,
    pub(super) exchange: &'a Exchange<G, X>,
}

impl<G, X> Drop for PanicsOnDrop<'_, G, X> {
    fn drop(&mut self) {
        let mut desk = self.exchange.desk();
        let desk = &mut *desk;
        match desk.scope {
            End::Waiting => {}
            End::Leaving => {
                desk.task_panics.append(&mut desk.body_panics);
                desk.task_panics.extend(self.panics.take());
            }
            End::Gone => desk.body_panics.drain(..).for_each(|panic| self.panics.push(panic)),
        }
    }
}
