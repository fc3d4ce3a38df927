//! Members that come and go while a body runs.

use super::attempt::Attempt;
use super::member::{DynMember, GuardCell, SetMember};
use super::slot::{Leaving, Slot};
use crate::error::{Failures, NameKind, Phase, ScopeError, ScopeErrorKind};
use crate::group;
use crate::lock::{Mutex, MutexGuard};
use crate::member::{ConcurrencyLimit, HoldToken, Interruption};
use crate::observe::MemberPath;
use crate::outcome::Outcome;
use crate::panic_log::PanicLog;
use crate::resource::Resource;
use crate::unwind::catch;
use crate::work::Attendance;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::num::NonZeroUsize;
use core::task::{Context, Poll, Waker};
use futures::future::BoxFuture;

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
    limit: ConcurrencyLimit,
}

#[derive(Default)]
struct Slots<'a> {
    members: BTreeMap<usize, Slot<'a>>,
    /// The number of members that have entered and not begun to exit.
    len: usize,
    next: usize,
}

impl<'a> Slots<'a> {
    fn add(&mut self, slot: Slot<'a>) -> usize {
        let number = self.next;
        self.next += 1;
        self.len += usize::from(matches!(slot, Slot::In(_)));
        self.members.insert(number, slot);
        number
    }
}

/// The data that a handle has of its member: the number, and the cell to which the guard returns.
pub(super) type HandleParts<G> = (usize, Arc<GuardCell<G>>);

impl<'a> Set<'a> {
    fn slots(&self) -> MutexGuard<'_, Slots<'a>> {
        self.slots.lock()
    }

    fn members_mut(&mut self) -> &mut BTreeMap<usize, Slot<'a>> {
        &mut self.slots.get_mut().members
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
        for (number, slot) in self.members_mut() {
            if let Slot::In(member) = slot {
                let place = place.entering();
                place.settle(*number);
                member.observe(place);
            }
        }
        self.place = place;
        self
    }

    /// Passes the work of the members, also of those that enter later, to the scope that the set is in.
    pub(super) fn attend(&mut self, attendance: &Attendance) {
        self.attendance.share(attendance);
        for slot in self.slots.get_mut().members.values_mut() {
            if let Slot::In(member) = slot {
                member.attend(&self.attendance);
            }
        }
    }

    /// Takes the failures of members whose work failed while they are up: in phase `Up`, or `Enter` while others enter.
    pub(super) fn up_failures(&self, phase: Phase) -> Failures {
        let mut all = Failures::default();
        for (number, slot) in &mut self.slots().members {
            if let Slot::In(member) = slot {
                all.add_member(*number, member.up_failures(phase));
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
        let slots = self.slots.get_mut();
        let next = slots.next;
        let mut taken = core::mem::replace(slots, Slots { next, ..Slots::default() });
        let attendance = Attendance::default();
        for slot in taken.members.values_mut() {
            if let Slot::In(member) = slot {
                member.attend(&attendance);
            }
        }
        let (place, name) = (self.place.clone(), self.name.clone());
        Self { slots: Mutex::new(taken), place, name, attendance, limit: self.limit }
    }

    /// Returns the number of members that have entered and not begun to exit.
    pub(super) fn len(&self) -> usize {
        self.slots().len
    }

    pub(super) fn has_members(&self) -> bool {
        !self.slots().members.is_empty()
    }

    /// Enters a resource, and adds it once all of it has entered. If this future is dropped, the set keeps the parts
    /// that had entered, and also, even before the first poll, those that were entered from the start.
    pub(super) fn enter<G: Send + 'a, R: Resource<Guard = G> + 'a>(
        &self,
        resource: R,
    ) -> impl Future<Output = Result<(G, HandleParts<G>), ScopeError>> + Send {
        let member = resource.into_hold(HoldToken);
        let (attempt, cell, place) = (Attempt::new(&member), GuardCell::new(), self.place.entering());
        let enter = Arc::clone(&attempt).run(member, Arc::clone(&cell), place.clone());
        let mut waiting = Waiting { set: self, attempt, place, enter: Some(Box::pin(enter)) };
        async move {
            match waiting.run().await {
                Ok(mut member) => {
                    member.attend(&self.attendance);
                    let guard = cell.take().expect("the guard of a member that is in is on its cell");
                    Ok((guard, self.insert_at(member, cell, &waiting.place)))
                }
                Err(failures) => {
                    let failures = self.with_name(failures).resume_panic();
                    Err(ScopeError::new(ScopeErrorKind::Set, None, failures))
                }
            }
        }
    }

    /// Adds a member that counts as entered, and whose guard a handle has.
    pub(super) fn insert<R: Resource + 'a>(&self, resource: R) -> HandleParts<R::Guard> {
        let (cell, place) = (GuardCell::new(), self.place.entering());
        let mut member = Box::new(SetMember::new(resource.into_hold(HoldToken), Arc::clone(&cell), place.clone()));
        member.attend(&self.attendance);
        self.insert_at(member, cell, &place)
    }

    fn insert_at<G>(
        &self,
        member: Box<dyn DynMember + 'a>,
        cell: Arc<GuardCell<G>>,
        place: &MemberPath,
    ) -> HandleParts<G> {
        let number = self.slots().add(Slot::In(member));
        place.settle(number);
        (number, cell)
    }

    /// Removes a member that has not begun to exit.
    pub(super) fn remove(&self, number: usize) -> Option<Box<dyn DynMember + 'a>> {
        let mut slots = self.slots();
        match slots.members.remove(&number) {
            Some(Slot::In(member)) => {
                slots.len -= 1;
                Some(member)
            }
            _ => None,
        }
    }

    /// Exits one member before the others. If this future is dropped, the exit continues when the set settles or exits.
    pub(super) async fn release(&self, number: usize) -> Result<(), ScopeError> {
        let member = self.remove(number).expect("only the handle of a member lets it go");
        self.slots().members.insert(number, Slot::Leaving(Leaving::release(member)));
        let mut releasing = Releasing { set: self, number, is_over: false };
        let failures = poll_fn(|cx| {
            let slot = self.slots().members.insert(number, Slot::Polled);
            let Some(Slot::Leaving(mut leaving)) = slot else { unreachable!("nobody else polls it") };
            let polled = leaving.poll(cx);
            let mut slots = self.slots();
            if polled.is_pending() {
                slots.members.insert(number, Slot::Leaving(leaving));
            } else {
                slots.members.remove(&number);
            }
            polled
        })
        .await;
        releasing.is_over = true;
        closed(ScopeErrorKind::Set, self.with_name(failures))
    }

    /// Runs all exits to completion whose future was dropped, except those for which another call waits. If this future
    /// is dropped, all of them return to the set, with their failures so far.
    pub(super) async fn settle(&self) -> Result<(), ScopeError> {
        let mut settling = Settling { set: self, slots: Vec::new() };
        while settling.take_more() {
            // The outcome is not used: it is for slots whose exit has not begun.
            let exits = settling.slots.iter_mut().map(|(_, slot)| slot.exit(Outcome::Released));
            group::join_all(exits, self.limit.get()).await;
        }
        let mut all = Failures::default();
        for (number, mut slot) in core::mem::take(&mut settling.slots) {
            all.add_member(number, slot.failures());
        }
        closed(ScopeErrorKind::Set, self.with_name(all))
    }

    /// Puts the name of the set before the names of members that failed while the body runs. Members that exit with the
    /// set get it from the set's hold.
    fn with_name(&self, mut failures: Failures) -> Failures {
        if !self.name.is_empty() {
            failures.put_before(&self.name);
        }
        failures
    }

    /// Exits all members. If this future is dropped, members whose exit has not begun stay in the set.
    pub(super) async fn exit(&mut self, order: Order, outcome: Outcome<'_>) {
        let limit = self.limit.get();
        let slots = self.members_mut().values_mut().rev();
        match order {
            Order::OneByOne => {
                for slot in slots {
                    slot.exit(outcome).await;
                    // The exit of the one before it may need exclusive access to something that it shares.
                    slot.dismiss();
                }
            }
            Order::AllAtOnce => group::join_all(slots.map(|slot| slot.exit(outcome)), limit).await,
        }
    }

    /// Handles exits that timed out or were dropped, and drops the members, the last one first.
    pub(super) fn interrupt(&mut self, interruption: Interruption) {
        for slot in self.members_mut().values_mut().rev() {
            slot.interrupt(interruption);
            slot.dismiss();
        }
    }

    /// Drops all members, which have exited, the last one first.
    pub(super) fn dismiss(&mut self) {
        self.members_mut().values_mut().rev().for_each(Slot::dismiss);
    }

    pub(super) fn failures(&mut self) -> Failures {
        let mut all = Failures::default();
        for (number, slot) in self.members_mut() {
            all.add_member(*number, slot.failures());
        }
        all
    }
}

/// Abandons the members whose exit has not begun, the last one first. Resumes the first panic.
impl Drop for Set<'_> {
    fn drop(&mut self) {
        let panics = PanicLog::new();
        let members = core::mem::take(self.members_mut());
        for mut slot in members.into_values().rev() {
            slot.abandon(&panics);
            panics.drop(slot);
        }
    }
}

/// Waits for a member to enter. If it is dropped before that, the set keeps the parts that had entered (law
/// `set-keeps`).
struct Waiting<'s, 'a> {
    set: &'s Set<'a>,
    attempt: Arc<Attempt>,
    place: MemberPath,
    enter: Option<BoxFuture<'a, Result<Box<dyn DynMember + 'a>, Failures>>>,
}

impl<'a> Waiting<'_, 'a> {
    async fn run(&mut self) -> Result<Box<dyn DynMember + 'a>, Failures> {
        poll_fn(|cx| {
            let mut enter = self.enter.take().expect("it is there until it is over");
            // If it panics, as a waker can, it is not polled again.
            match catch(|| enter.as_mut().poll(cx)) {
                Ok(Poll::Ready(entered)) => Poll::Ready(entered),
                Ok(Poll::Pending) => {
                    self.enter = Some(enter);
                    Poll::Pending
                }
                Err(panic) => {
                    drop(enter); // never panics
                    let mut failures = self.attempt.take_failures();
                    failures.add_panic(NameKind::OfType("resource"), Phase::Enter, panic);
                    Poll::Ready(Err(failures))
                }
            }
        })
        .await
    }
}

impl Drop for Waiting<'_, '_> {
    fn drop(&mut self) {
        let Some(mut enter) = self.enter.take() else { return };
        if !self.attempt.is_in_part() {
            // No part has entered. The enters in flight are dropped.
            drop(enter);
            let panics = PanicLog::new();
            panics.keep_first(self.attempt.take_failures());
            return;
        }
        if !self.attempt.is_rolling_back() {
            self.attempt.give_up();
            // This poll drops the enters in flight, and calls no other user code. They are dropped now, because they
            // can hold something that the body waits for.
            let dropped = catch(|| enter.as_mut().poll(&mut Context::from_waker(Waker::noop())));
            debug_assert!(matches!(dropped, Ok(Poll::Pending)), "it pauses before it exits anything");
        }
        let attempt = Arc::clone(&self.attempt);
        let exit: BoxFuture<'_, _> = Box::pin(async move { enter.await.err().unwrap_or_default() });
        let leaving = Leaving {
            place: self.place.clone(),
            exit: Some(exit),
            dropped: Arc::new(move || attempt.take_failures()),
            is_given_up: true,
        };
        let number = self.set.slots().add(Slot::Leaving(leaving));
        self.place.settle(number);
    }
}

/// Waits for a member to exit early. If it is dropped before that, the exit is left to the set.
struct Releasing<'s, 'a> {
    set: &'s Set<'a>,
    number: usize,
    is_over: bool,
}

impl Drop for Releasing<'_, '_> {
    fn drop(&mut self) {
        if !self.is_over {
            if let Some(Slot::Leaving(leaving)) = self.set.slots().members.get_mut(&self.number) {
                leaving.is_given_up = true;
            }
        }
    }
}

/// The exits for which a call of `settle` waits. If it is dropped before all are over, they return to the set.
struct Settling<'s, 'a> {
    set: &'s Set<'a>,
    slots: Vec<(usize, Slot<'a>)>,
}

impl Settling<'_, '_> {
    /// Takes the exits whose future was dropped since the last call. Returns `true` if one of them has to be driven.
    fn take_more(&mut self) -> bool {
        let mut slots = self.set.slots();
        let is_given_up = |slot: &Slot<'_>| match slot {
            Slot::Leaving(leaving) => leaving.is_given_up,
            Slot::Out(_) => true,
            Slot::In(_) | Slot::Polled => false,
        };
        let numbers: Vec<_> = slots.members.iter().filter(|(_, slot)| is_given_up(slot)).map(|(at, _)| *at).collect();
        let more = numbers.into_iter().filter_map(|number| Some((number, slots.members.remove(&number)?)));
        let before = self.slots.len();
        self.slots.extend(more);
        self.slots[before..].iter().any(|(_, slot)| matches!(slot, Slot::Leaving(_)))
    }
}

impl Drop for Settling<'_, '_> {
    fn drop(&mut self) {
        let slots = core::mem::take(&mut self.slots).into_iter();
        let slots = slots.filter(|(_, slot)| !matches!(slot, Slot::Out(failures) if failures.is_empty()));
        self.set.slots().members.extend(slots);
    }
}

/// Returns the result of an exit by hand. Resumes the earliest panic.
pub(super) fn closed(kind: ScopeErrorKind, failures: Failures) -> Result<(), ScopeError> {
    let failures = failures.resume_panic();
    if failures.is_empty() { Ok(()) } else { Err(ScopeError::new(kind, None, failures)) }
}
