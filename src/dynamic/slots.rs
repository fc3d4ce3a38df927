//! The members of a set, in the order in which they entered.

use super::slot::Slot;
use crate::error::Failures;
use crate::work::Attendance;
use alloc::vec::Vec;
use core::mem::replace;

/// Slots by number. A slot that is removed is marked, and the marked ones are dropped together.
#[derive(Default)]
pub(super) struct Slots<'a> {
    /// In ascending order.
    list: Vec<(usize, Slot<'a>)>,
    marked: usize,
    /// The number of members that have entered and not begun to exit.
    len: usize,
    next: usize,
    /// The failures of members that were dropped after their exit, by their numbers, the last one first.
    out: Vec<(usize, Failures)>,
}

impl<'a> Slots<'a> {
    /// Takes all slots out. Those that are added later get the next numbers.
    pub(super) fn take(&mut self) -> Self {
        let next = self.next;
        replace(self, Self { next, ..Self::default() })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Returns `true` if there is no slot, not even one of a member that exits.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn add(&mut self, slot: Slot<'a>) -> usize {
        let number = self.next;
        self.next += 1;
        self.len += usize::from(matches!(slot, Slot::In(_)));
        self.list.push((number, slot));
        number
    }

    fn position(&self, number: usize) -> Option<usize> {
        let at = self.list.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(at).filter(|at| !matches!(self.list[*at].1, Slot::Gone))
    }

    /// Puts another slot in the place of one.
    pub(super) fn replace(&mut self, number: usize, slot: Slot<'a>) -> Option<Slot<'a>> {
        let at = self.position(number)?;
        let before = replace(&mut self.list[at].1, slot);
        self.len -= usize::from(matches!(before, Slot::In(_)));
        Some(before)
    }

    pub(super) fn get_mut(&mut self, number: usize) -> Option<&mut Slot<'a>> {
        let at = self.position(number)?;
        Some(&mut self.list[at].1)
    }

    pub(super) fn remove(&mut self, number: usize) -> Option<Slot<'a>> {
        let removed = self.replace(number, Slot::Gone)?;
        self.marked += 1;
        if self.marked * 2 > self.list.len() {
            self.drop_marked();
        }
        while let Some((_, Slot::Gone)) = self.list.last() {
            self.list.pop();
            self.marked -= 1;
        }
        Some(removed)
    }

    /// Drops the slots that are removed, so that only the others are iterated over.
    pub(super) fn drop_marked(&mut self) {
        if self.marked > 0 {
            self.list.retain(|(_, slot)| !matches!(slot, Slot::Gone));
            self.marked = 0;
        }
    }

    /// Returns the last slot.
    pub(super) fn last_mut(&mut self) -> Option<&mut Slot<'a>> {
        self.list.last_mut().map(|(_, slot)| slot)
    }

    /// Removes the last slot.
    pub(super) fn pop(&mut self) -> Option<(usize, Slot<'a>)> {
        let popped = self.list.pop()?;
        match popped.1 {
            Slot::In(_) => self.len -= 1,
            Slot::Gone => self.marked -= 1,
            _ => {}
        }
        Some(popped)
    }

    /// Removes the last slot, whose member has exited, and keeps its failures. Returns `false` if there is none.
    pub(super) fn dismiss_last(&mut self) -> bool {
        let Some((number, slot)) = self.pop() else { return false };
        let failures = slot.dismiss();
        if !failures.is_empty() {
            self.out.push((number, failures));
        }
        true
    }

    /// Takes the failures of members that exited, those that still have a slot and those that have none.
    pub(super) fn failures(&mut self) -> Failures {
        let mut all = Failures::default();
        for (number, slot) in self.iter_mut() {
            all.add_member(number, slot.failures());
        }
        for (number, failures) in self.out.drain(..).rev() {
            all.add_member(number, failures);
        }
        all
    }

    /// Passes on the work of the members that are in.
    pub(super) fn attend(&mut self, attendance: &Attendance) {
        for (_, slot) in self.iter_mut() {
            if let Slot::In(member) = slot {
                member.shared().attend(attendance);
            }
        }
    }

    pub(super) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (usize, &mut Slot<'a>)> + ExactSizeIterator {
        self.list.iter_mut().map(|(number, slot)| (*number, slot))
    }
}
