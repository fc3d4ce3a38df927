use super::guard::Uses;
use super::linger::Linger;
use super::state::{Core, State};
use super::task::TaskWaiter;
use crate::error::Failures;
use crate::lock::Mutex;
use crate::opened::SharedWork;
use crate::outcome::{Outcome, OutcomeCopy};
use crate::resource::Resource;
use alloc::string::String;
use alloc::sync::Arc;

/// What all clones and all guards of a shared resource own together.
pub(super) struct Usage<R: Resource<Guard: Sync> + 'static> {
    /// Apart from the rest, for tasks that must not own a reaper: its spawner can own their executor.
    pub(super) core: Arc<Core<R>>,
    /// The name of the inner resource.
    pub(super) name: String,
    pub(super) linger: Mutex<Option<Arc<Linger>>>,
}

impl<R: Resource<Guard: Sync> + 'static> Usage<R> {
    /// Ends a use. The last one leaves the resource lingering, or begins its exit with this outcome, or else abandons
    /// it.
    fn leave(&self, guard: Arc<R::Guard>, outcome: Option<&Arc<OutcomeCopy>>) -> Option<TaskWaiter<Failures>> {
        drop(guard); // it is not the last one
        let linger = self.linger.lock().clone();
        let (mut stay, mut abandoned, mut exiting) = (None, None, None);
        {
            let mut state = self.core.state();
            let State::Up(up) = &mut *state else { return None };
            if !up.leave() {
                return None;
            }
            if linger.is_some() && up.died().is_none() {
                let number = self.core.new_stay();
                up.linger(number);
                stay = Some(number);
            } else if let Some(up) = state.take_up_if(|_| true) {
                match outcome {
                    Some(outcome) => exiting = self.core.begin_exit(&mut state, up, outcome),
                    None => abandoned = Some(up),
                }
            }
        }
        if let (Some(linger), Some(stay)) = (linger, stay) {
            let outcome = outcome.map_or_else(|| Arc::new(OutcomeCopy::new(Outcome::Cancelled, false)), Arc::clone);
            linger.begin(&self.core, stay, outcome);
        }
        if let Some(up) = abandoned {
            self.core.abandon(up);
        }
        exiting.map(TaskWaiter::new)
    }

    /// Returns the work of the members, if they are up and can have any.
    pub(super) fn work(&self) -> Option<Arc<SharedWork>> {
        match &*self.core.state() {
            State::Up(up) => up.work().map(Arc::clone),
            _ => None,
        }
    }

    /// Returns the failures of members whose work has failed. Every user receives all of them.
    pub(super) fn died(&self) -> Option<Failures> {
        let (mut members, guard) = {
            let mut state = self.core.state();
            let State::Up(up) = &mut *state else { return None };
            if let Some(died) = up.died() {
                return Some(died.copy());
            }
            // If another user looks for them, it wakes this one.
            (up.take_members()?, up.join())
        };
        // It names members and converts errors, which is foreign code.
        let died = members.up_failures(&guard).map(|error| error.into_failures().into_shared());
        let (copy, work) = {
            let mut state = self.core.state();
            let State::Up(up) = &mut *state else { return None };
            up.put_members(members);
            let copy = died.as_ref().map(Failures::copy);
            if let Some(died) = died {
                up.set_died(died);
            }
            (copy, up.work().map(Arc::clone))
        };
        self.leave(guard, None);
        if let Some(work) = work {
            work.wake();
        }
        copy
    }
}

impl<R: Resource<Guard: Sync> + 'static> Uses<R::Guard> for Usage<R> {
    fn exit(self: Arc<Self>, guard: Arc<R::Guard>, outcome: &Arc<OutcomeCopy>) -> Option<TaskWaiter<Failures>> {
        self.leave(guard, Some(outcome))
    }

    fn let_go(self: Arc<Self>, guard: Arc<R::Guard>) {
        self.leave(guard, None);
    }
}
