//! The order in which the members of a tuple are polled in place.

use crate::member::{AttemptState, Policy};
use core::marker::PhantomData;
use core::mem::replace;
use core::task::Poll;

/// The order of the first round.
pub(super) trait Order: Send {
    /// Whether the last member is polled first, as in an exit.
    const IS_REVERSED: bool;
}

/// The order of an enter.
pub(super) struct Forward;

/// The order of an exit.
pub(super) struct Reverse;

impl Order for Forward {
    const IS_REVERSED: bool = false;
}

impl Order for Reverse {
    const IS_REVERSED: bool = true;
}

/// The rounds of polls, and how far the members have come. A turn is the place of a member in the first round.
///
/// The first members start in the first round, as many as may run at a time, and each of the others when one before it
/// has ended. A round polls the members that have started, in a ring that begins one turn further on than that of the
/// round before (law `fair`), and then those that start.
///
/// A member can panic in the middle of a round. The round goes on with that member, which is over then.
pub(super) struct Rounds<'s, O> {
    policy: Policy,
    failed: bool,
    is_interrupted: bool,
    /// The number of members that may run at a time.
    limit: u8,
    /// The number of members that are to start.
    members: u8,
    /// The number of members that have started.
    started: u8,
    /// The turn with which the ring of the next round begins.
    begin: u8,
    /// The turn of the member that is polled, or was polled last.
    current: u8,
    /// The number of members that are still to be polled in the ring of this round.
    left: u8,
    /// The number of members that were pending in this round.
    pending: u8,
    /// The state of an enter of which not all members may run at a time.
    entry: Option<&'s AttemptState<'s>>,
    order: PhantomData<O>,
}

impl<'s, O: Order> Rounds<'s, O> {
    /// Creates the rounds of a tuple. There is an `entry` for an enter.
    #[inline]
    pub(super) fn new(members: u8, limit: usize, policy: Policy, entry: Option<&'s AttemptState<'s>>) -> Self {
        let limit = limit.try_into().map_or(members, |limit: u8| limit.min(members));
        Self {
            policy,
            failed: false,
            is_interrupted: false,
            limit,
            members,
            started: 0,
            begin: 0,
            current: 0,
            left: 0,
            pending: 0,
            entry: entry.filter(|_| limit < members),
            order: PhantomData,
        }
    }

    /// Begins a round, or goes on with one in which a member panicked.
    #[inline]
    pub(super) fn begin(&mut self) {
        if !self.is_interrupted {
            self.pending = 0;
            self.left = self.started;
            let first = if self.begin < self.started { self.begin } else { 0 };
            self.begin = first + 1;
            self.current = if first == 0 { self.started } else { first } - u8::from(self.started > 0);
        }
    }

    /// Returns the index of the member that is polled next, of so many, or `None` at the end of the round.
    #[inline]
    pub(super) fn next(&mut self, len: u8) -> Option<u8> {
        if self.is_cut() {
            return None;
        }
        if replace(&mut self.is_interrupted, false) {
            // The member that panicked: it is over.
        } else if self.left > 0 {
            self.left -= 1;
            self.current = if self.current + 1 < self.started { self.current + 1 } else { 0 };
        } else if self.started < self.members && self.pending < self.limit && self.may_start() {
            self.current = self.started;
            self.started += 1;
        } else {
            return None;
        }
        Some(if O::IS_REVERSED { len - 1 - self.current } else { self.current })
    }

    /// Returns `true` if the next member may start. A member that is not started, because the body will not run, is not
    /// a failure.
    #[inline]
    fn may_start(&mut self) -> bool {
        let is_in_vain = self.started >= self.limit && self.entry.is_some_and(AttemptState::is_in_vain);
        if is_in_vain {
            self.members = self.started;
        }
        !is_in_vain
    }

    /// Records the result of a poll.
    #[inline]
    pub(super) fn note(&mut self, polled: Poll<bool>) {
        match polled {
            Poll::Ready(well) => self.failed |= !well,
            Poll::Pending => self.pending += 1,
        }
    }

    /// Records that the member that was polled panicked, and returns its index.
    #[cold]
    pub(super) fn interrupt(&mut self, len: u8) -> u8 {
        self.failed = true;
        self.is_interrupted = true;
        if O::IS_REVERSED { len - 1 - self.current } else { self.current }
    }

    /// Returns the result of the round: `true` if no member has failed, once none is left.
    #[inline]
    pub(super) fn end(&self) -> Poll<bool> {
        if self.pending == 0 || self.is_cut() { Poll::Ready(!self.failed) } else { Poll::Pending }
    }

    /// Returns `true` if more than so many members were pending, and all may run at a time.
    #[inline]
    pub(super) fn is_crowded(&self, few: u8) -> bool {
        self.pending > few && self.limit == self.members
    }

    pub(super) fn policy(&self) -> Policy {
        self.policy
    }

    #[inline]
    fn is_cut(&self) -> bool {
        self.failed && self.policy == Policy::FailFast
    }
}
