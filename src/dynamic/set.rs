//! Members that come and go while a body runs.

use super::enter::Entering;
use super::handle::Handle;
use super::member::{ExitState, MemberCell, SetMember};
use super::slot::Slot;
use super::slots::Slots;
use crate::error::{Failures, Phase, ScopeError, ScopeErrorKind};
use crate::group;
use crate::lock::{Mutex, MutexGuard};
use crate::member::{ConcurrencyLimit, Hold, HoldToken, Interruption};
use crate::observe::MemberPath;
use crate::outcome::Outcome;
use crate::panic_log::PanicLog;
use crate::resource::Resource;
use crate::work::Attendance;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::num::NonZeroUsize;
use core::panic::AssertUnwindSafe;
use core::task::Poll;

/// The order in which the members of a set are exited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// In reverse order of entering, one by one.
    OneByOne,
    /// All at once, or as many as the limit of the set says.
    AllAtOnce,
}

/// Members by the number that they got when they had entered. If it is dropped, its members are abandoned.
#[derive(Default)]
pub(super) struct Set<'a> {
    slots: Mutex<Slots<'a>>,
    /// The place of the set in an observed scope.
    place: MemberPath,
    /// The name of the set, with those of the named groups around it.
    name: String,
    /// The work of its members: the list of the scope that it is in, or one of its own.
    attendance: Attendance,
    /// The number of members that exit at a time.
    pub(super) limit: ConcurrencyLimit,
}

impl<'a> Set<'a> {
    pub(super) fn slots(&self) -> MutexGuard<'_, Slots<'a>> {
        self.slots.lock()
    }

    /// Limits the number of members that exit at a time. The narrowest limit applies.
    pub(super) fn limited(mut self, most: NonZeroUsize) -> Self {
        self.limit = self.limit.narrowed(most);
        self
    }

    /// Moves the set out, and leaves an empty one with the same limit, which can be entered again.
    pub(super) fn move_out(&mut self) -> Self {
        let mut empty = Self::default();
        empty.limit = self.limit;
        core::mem::replace(self, empty)
    }

    /// Observes the members, those that have entered and those that enter from now on.
    pub(super) fn observed(mut self, place: MemberPath) -> Self {
        for (number, slot) in self.slots.get_mut().iter_mut() {
            if let Slot::In(member) = slot {
                let place = place.entering();
                place.settle(number);
                member.shared().observe(place);
            }
        }
        self.place = place;
        self
    }

    /// Passes the work of the members, also of those that enter later, to the scope that the set is in.
    pub(super) fn attend(&mut self, attendance: &Attendance) {
        self.attendance.share(attendance);
        self.slots.get_mut().attend(&self.attendance);
    }

    /// Takes the failures of members whose work failed while they are up: in phase `Up`, or `Enter` while others enter.
    pub(super) fn up_failures(&self, phase: Phase) -> Failures {
        let mut all = Failures::default();
        for (number, slot) in self.slots().iter_mut() {
            if let Slot::In(member) = slot {
                all.add_member(number, member.shared().up_failures(phase));
            }
        }
        all
    }

    /// Polls the work of the members until some has failed, and returns its failures. Each is returned once.
    pub(super) async fn work(&self) -> ScopeError {
        let failures = poll_fn(|cx| {
            let failures =
                if self.attendance.poll_each(cx) { self.up_failures(Phase::Up) } else { Failures::default() };
            if failures.is_empty() { Poll::Pending } else { Poll::Ready(failures) }
        });
        ScopeError::new(ScopeErrorKind::MemberFailed, None, self.with_name(failures.await))
    }

    /// Sets the name that is put before those of members that fail while the body runs.
    pub(super) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Takes all members out. Members that enter later are still observed here, and get the next numbers.
    pub(super) fn take(&mut self) -> Self {
        let mut taken = self.slots.get_mut().take();
        let attendance = Attendance::default();
        taken.attend(&attendance);
        let (place, name) = (self.place.clone(), self.name.clone());
        Self { slots: Mutex::new(taken), place, name, attendance, limit: self.limit }
    }

    /// Returns the number of members that have entered and not begun to exit.
    pub(super) fn len(&self) -> usize {
        self.slots().len()
    }

    pub(super) fn has_members(&self) -> bool {
        !self.slots().is_empty()
    }

    /// Returns the place of a member that enters now.
    pub(super) fn place_of_next(&self) -> MemberPath {
        if self.place.is_observed() { self.place.entering() } else { MemberPath::default() }
    }

    /// Enters a resource, and adds it once all of it has entered. If this future is dropped, the set keeps the parts
    /// that had entered, and also, even before the first poll, those that were entered from the start.
    pub(super) fn enter<G: Send + 'a, R: Resource<Guard = G> + 'a>(
        &self,
        resource: R,
    ) -> impl Future<Output = Result<Handle<'_, 'a, G>, ScopeError>> + Send {
        Entering::new(self, resource.into_hold(HoldToken)).run()
    }

    /// Returns the error of an enter. Resumes the earliest panic.
    pub(super) fn not_entered(&self, failures: Failures) -> ScopeError {
        ScopeError::new(ScopeErrorKind::Set, None, self.with_name(failures).resume_panic())
    }

    /// Adds a member that counts as entered.
    pub(super) fn insert<R: Resource + 'a>(&self, resource: R, guard: R::Guard) -> Handle<'_, 'a, R::Guard> {
        let member = MemberCell::new(resource.into_hold(HoldToken), self.place_of_next());
        self.add(Arc::new(member), guard)
    }

    /// Adds a member that nobody shares yet, and whose guard the handle has.
    pub(super) fn add<H: Hold + 'a>(
        &self,
        mut member: Arc<MemberCell<H>>,
        guard: H::Guard,
    ) -> Handle<'_, 'a, H::Guard> {
        if let Some(member) = Arc::get_mut(&mut member) {
            member.settle_in(&self.attendance);
        }
        let number = self.slots().add(Slot::In(SetMember::new(Arc::clone(&member))));
        if self.place.is_observed() {
            member.settle(number);
        }
        Handle::new(self, number, AssertUnwindSafe(member), guard)
    }

    /// Removes a member that has not begun to exit.
    pub(super) fn remove(&self, number: usize) -> Option<SetMember<'a>> {
        match self.slots().remove(number) {
            Some(Slot::In(member)) => Some(member),
            _ => None,
        }
    }

    /// Puts the name of the set before the names of members that failed while the body runs. Members that exit with the
    /// set get it from the set's hold.
    pub(super) fn with_name(&self, mut failures: Failures) -> Failures {
        if !self.name.is_empty() {
            failures.put_before(&self.name);
        }
        failures
    }

    /// Exits all members, and drops them, the last one first. If this future is dropped, members whose exit has not
    /// begun stay in the set.
    pub(super) async fn exit(&mut self, order: Order, outcome: Outcome<'_>) {
        let (limit, slots, state) = (self.limit.get(), self.slots.get_mut(), ExitState::new());
        match order {
            Order::OneByOne => {
                while let Some(slot) = slots.last_mut() {
                    slot.exit(outcome, &state).await;
                    // It is dropped before the next exit, which may need exclusive access to something that it shares.
                    slots.dismiss_last();
                }
            }
            Order::AllAtOnce => {
                slots.drop_marked(); // members have turns by their positions among those that exit
                let exits = slots.iter_mut().rev().map(|(_, slot)| slot.exit(outcome, &state));
                group::join_all(exits, limit).await;
                while slots.dismiss_last() {}
            }
        }
    }

    /// Handles exits that timed out or were dropped, and drops the members, the last one first.
    pub(super) fn interrupt(&mut self, interruption: Interruption) {
        let slots = self.slots.get_mut();
        while let Some(slot) = slots.last_mut() {
            slot.interrupt(interruption);
            slots.dismiss_last();
        }
    }

    /// Takes the failures of members that exited.
    pub(super) fn failures(&mut self) -> Failures {
        self.slots.get_mut().failures()
    }
}

/// Abandons the members whose exit has not begun, the last one first. Resumes the first panic.
impl Drop for Set<'_> {
    fn drop(&mut self) {
        let panics = PanicLog::new();
        while let Some((_, mut slot)) = self.slots.get_mut().pop() {
            slot.abandon(&panics);
            panics.drop(slot);
        }
    }
}

/// Returns the result of an exit by hand. Resumes the earliest panic.
pub(super) fn closed(kind: ScopeErrorKind, failures: Failures) -> Result<(), ScopeError> {
    let failures = failures.resume_panic();
    if failures.is_empty() { Ok(()) } else { Err(ScopeError::new(kind, None, failures)) }
}
