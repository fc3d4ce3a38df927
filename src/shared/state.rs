//! The state of a shared resource: at home, entering, up or exiting.

use super::entering::Entering;
use super::lent::Lent;
use super::polled;
use super::task::Task;
use super::up::Up;
use crate::error::Failures;
use crate::lock::{Mutex, MutexGuard};
use crate::nest::apart;
use crate::opened::exit;
use crate::outcome::OutcomeCopy;
use crate::resource::Resource;
use crate::wait_list::WaitList;
use alloc::sync::{Arc, Weak};
use core::mem::replace;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The inner resource, and what is done with it. No user code runs while the state is locked.
pub(super) struct Core<R: Resource<Guard: Sync> + 'static> {
    state: Mutex<State<R>>,
    /// The number of times that it began to linger.
    stays: AtomicUsize,
    /// Users that wait for another state, and tasks of resources that linger.
    waiting: WaitList,
}

pub(super) enum State<R: Resource<Guard: Sync> + 'static> {
    /// The resource is at home. The last attempt to enter it may have failed, and nobody been told that yet.
    Out(R, Weak<Entering<R>>),
    /// Its users own the attempt. If that is gone, the resource comes home in a moment.
    Entering(Weak<Entering<R>>),
    Up(Up<R>),
    /// Those who wait for the exit own it. If that is gone, the resource comes home in a moment.
    Exiting(Weak<Task<Failures>>),
}

/// The step that a user takes next.
pub(super) enum Next<R: Resource<Guard: Sync> + 'static> {
    /// It has entered, and is a use.
    Enter(Arc<R::Guard>),
    /// It waits for this, and polls it.
    AwaitEnter(Arc<Entering<R>>),
    AwaitExit(Arc<Task<Failures>>),
}

impl<R: Resource<Guard: Sync> + 'static> Core<R> {
    pub(super) fn new(resource: R) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::Out(resource, Weak::new())),
            stays: AtomicUsize::new(0),
            waiting: WaitList::new(),
        })
    }

    /// Returns a number that no other one has while this lives.
    pub(super) fn number(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    /// Returns a new number for a time for which it lingers.
    pub(super) fn new_stay(&self) -> usize {
        self.stays.fetch_add(1, Relaxed)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock()
    }

    pub(super) fn waiting(&self) -> &WaitList {
        &self.waiting
    }

    pub(super) fn is_out(&self) -> bool {
        matches!(*self.state(), State::Out(..))
    }

    /// Returns `true` if this thread polls the enter or the exit: whoever waits for that waits for itself.
    pub(super) fn waits_for_itself(self: &Arc<Self>) -> bool {
        polled::is_within(self.number()) && !matches!(*self.state(), State::Up(_))
    }

    /// Takes the resource back, to be entered anew.
    pub(super) fn come_home(&self, resource: R) {
        {
            let mut state = self.state();
            let last = match &*state {
                State::Entering(entering) => Weak::clone(entering),
                _ => Weak::new(),
            };
            *state = State::Out(resource, last);
        }
        self.waiting.wake_all();
    }

    /// Abandons what was up.
    pub(super) fn abandon(self: &Arc<Self>, up: Up<R>) {
        let members = up.into_members();
        apart(|| polled::within(self.number(), || drop(members)));
    }
}

impl<R: Resource<Guard: Sync> + 'static> Core<R> {
    /// Takes the next step of a user of this scope, which has waited for this enter. Returns `None` if it has to wait
    /// for another state, as it does instead of an enter that it does not begin.
    pub(super) fn next(
        self: &Arc<Self>,
        scope: usize,
        begins: bool,
        before: Option<&Arc<Entering<R>>>,
    ) -> Option<Next<R>> {
        // Dropped after the lock: whoever drops the last handle brings the resource home.
        let (entering, last);
        let mut state = self.state();
        match &mut *state {
            State::Up(up) if before.is_some_and(|before| before.is_up()) => Some(Next::Enter(up.guard())),
            State::Up(up) => Some(Next::Enter(up.join())),
            State::Entering(current) => {
                entering = current.upgrade()?;
                let is_new = before.is_none_or(|before| !Arc::ptr_eq(before, &entering));
                if is_new {
                    entering.join();
                }
                let guard = entering.take_up(&mut state);
                Some(guard.map_or_else(|| Next::AwaitEnter(Arc::clone(&entering)), Next::Enter))
            }
            State::Exiting(exiting) => exiting.upgrade().map(Next::AwaitExit),
            State::Out(_, before) => {
                last = before.upgrade();
                if !begins || last.as_ref().is_some_and(|last| last.is_owned_within(scope)) {
                    return None;
                }
                let State::Out(resource, _) = replace(&mut *state, State::Exiting(Weak::new())) else {
                    return None;
                };
                let lent = Lent::new(resource, Arc::clone(self));
                let entering = Arc::new(Entering::new(self.number(), lent));
                entering.join();
                *state = State::Entering(Arc::downgrade(&entering));
                Some(Next::AwaitEnter(entering))
            }
        }
    }

    /// Cancels an attempt if it has no other user. Returns `true` if it had none.
    pub(super) fn give_up(&self, entering: &Entering<R>) -> bool {
        let _state = self.state();
        entering.give_up()
    }

    /// Removes a user that no longer waits for an enter. Returns the guard if it is a use.
    pub(super) fn leave_enter(&self, entering: &Entering<R>) -> Option<Arc<R::Guard>> {
        let state = self.state();
        let is_use = entering.leave();
        match &*state {
            State::Up(up) if is_use => Some(up.guard()),
            _ => None,
        }
    }

    /// Begins the exit of what was up. The state is locked, and is that of a resource that is taken out.
    pub(super) fn begin_exit(
        self: &Arc<Self>,
        state: &mut State<R>,
        up: Up<R>,
        outcome: &Arc<OutcomeCopy>,
    ) -> Option<Arc<Task<Failures>>> {
        let members = up.into_members()?;
        let outcome = Arc::clone(outcome);
        let task = Task::new(self.number(), async move { exit(members, outcome.outcome()).await });
        let task = Arc::new(task);
        *state = State::Exiting(Arc::downgrade(&task));
        Some(task)
    }
}

impl<R: Resource<Guard: Sync> + 'static> State<R> {
    /// Takes what is up, if this is its last moment. The resource comes home when that is dropped.
    pub(super) fn take_up_if(&mut self, is_over: impl FnOnce(&Up<R>) -> bool) -> Option<Up<R>> {
        match self {
            Self::Up(up) if is_over(up) => {}
            _ => return None,
        }
        match replace(self, Self::Exiting(Weak::new())) {
            Self::Up(up) => Some(up),
            _ => None,
        }
    }
}
