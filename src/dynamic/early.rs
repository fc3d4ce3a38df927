//! Exits from a set before the set exits.

use super::leaving::Leaving;
use super::member::ExitState;
use super::set::{Set, closed};
use super::slot::Slot;
use crate::error::{Failures, ScopeError, ScopeErrorKind};
use crate::group;
use crate::outcome::Outcome;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::future::poll_fn;

impl<'a> Set<'a> {
    /// Exits one member before the others. If this future is dropped, the exit continues when the set settles or exits.
    pub(super) async fn release(&self, number: usize) -> Result<(), ScopeError> {
        {
            let mut slots = self.slots();
            let Some(Slot::In(member)) = slots.replace(number, Slot::Polled) else {
                unreachable!("only the handle of a member lets it go")
            };
            slots.replace(number, Slot::Leaving(Box::new(Leaving::release(member))));
        }
        let mut releasing = Releasing { set: self, number, is_over: false };
        let failures = poll_fn(|cx| {
            let slot = self.slots().replace(number, Slot::Polled);
            let Some(Slot::Leaving(mut leaving)) = slot else { unreachable!("nobody else polls it") };
            let polled = leaving.poll(cx);
            let mut slots = self.slots();
            if polled.is_pending() {
                slots.replace(number, Slot::Leaving(leaving));
            } else {
                slots.remove(number);
            }
            polled
        })
        .await;
        releasing.is_over = true;
        closed(ScopeErrorKind::Set, self.with_name(failures))
    }

    /// Exits the parts that had entered of a member that failed to enter. If this future is dropped, the exits continue
    /// when the set settles or exits.
    pub(super) async fn roll_back(&self, leaving: Leaving<'a>) -> Failures {
        let mut rolling_back = RollingBack { set: self, leaving: Some(leaving) };
        let failures = poll_fn(|cx| {
            let mut leaving = rolling_back.leaving.take().expect("it is there until it is over");
            let polled = leaving.poll(cx);
            if polled.is_pending() {
                rolling_back.leaving = Some(leaving);
            }
            polled
        });
        failures.await
    }

    /// Keeps an exit whose future was dropped.
    pub(super) fn keep(&self, mut leaving: Leaving<'a>) {
        leaving.is_given_up = true;
        let place = leaving.place.clone();
        let number = self.slots().add(Slot::Leaving(Box::new(leaving)));
        place.settle(number);
    }

    /// Runs all exits to completion whose future was dropped, except those for which another call waits. If this future
    /// is dropped, all of them return to the set, with their failures so far.
    pub(super) async fn settle(&self) -> Result<(), ScopeError> {
        let (mut settling, state) = (Settling { set: self, slots: Vec::new() }, ExitState::new());
        while settling.take_more() {
            // The outcome is not used: it is for slots whose exit has not begun.
            let exits = settling.slots.iter_mut().map(|(_, slot)| slot.exit(Outcome::Released, &state));
            group::join_all(exits, self.limit.get()).await;
        }
        let mut all = Failures::default();
        for (number, mut slot) in core::mem::take(&mut settling.slots) {
            self.slots().remove(number);
            all.add_member(number, slot.failures());
        }
        closed(ScopeErrorKind::Set, self.with_name(all))
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
            if let Some(Slot::Leaving(leaving)) = self.set.slots().get_mut(self.number) {
                leaving.is_given_up = true;
            }
        }
    }
}

/// Waits for a roll-back. If it is dropped before that, the exits are left to the set.
struct RollingBack<'s, 'a> {
    set: &'s Set<'a>,
    leaving: Option<Leaving<'a>>,
}

impl Drop for RollingBack<'_, '_> {
    fn drop(&mut self) {
        if let Some(leaving) = self.leaving.take() {
            self.set.keep(leaving);
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
        let before = self.slots.len();
        for (number, slot) in self.set.slots().iter_mut() {
            let is_given_up = match slot {
                Slot::Leaving(leaving) => leaving.is_given_up,
                Slot::Out(_) => true,
                Slot::In(_) | Slot::Polled | Slot::Gone => false,
            };
            if is_given_up {
                self.slots.push((number, core::mem::replace(slot, Slot::Polled)));
            }
        }
        self.slots[before..].iter().any(|(_, slot)| matches!(slot, Slot::Leaving(_)))
    }
}

impl Drop for Settling<'_, '_> {
    fn drop(&mut self) {
        for (number, slot) in core::mem::take(&mut self.slots) {
            let mut slots = self.set.slots();
            match slot {
                Slot::Out(failures) if failures.is_empty() => slots.remove(number),
                slot => slots.replace(number, slot),
            };
        }
    }
}
