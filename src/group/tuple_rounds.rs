//! The order in which the members of a tuple are polled in place.

use crate::member::{AttemptState, Policy};
use core::marker::PhantomData;
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
/// A poll can be left by a panic. Then the round goes on with the member that panicked, which is over.
pub(super) struct TupleRounds<'s, O> {
    policy: Policy,
    failed: bool,
    /// The turn of the member that is polled, or polled next.
    turn: u8,
    /// The number of members that are left in this round, with that one.
    left: u8,
    /// The number of members that were pending in this round.
    pending: u8,
    /// The turn with which the next round begins.
    begin: u8,
    /// The number of members that have started.
    started: u8,
    /// The number of members that are to start.
    members: u8,
    /// The number of members that may run at a time.
    limit: u8,
    /// The state of an enter, if not all members may run at a time.
    entry: Option<&'s AttemptState<'s>>,
    order: PhantomData<O>,
}

/// The turn of no member.
const NOBODY: u8 = u8::MAX;

impl<'s, O: Order> TupleRounds<'s, O> {
    /// Creates the rounds of a tuple. There is an `entry` for an enter.
    #[inline]
    pub(super) fn new(members: u8, limit: usize, policy: Policy, entry: Option<&'s AttemptState<'s>>) -> Self {
        let limit = limit.try_into().map_or(members, |limit: u8| limit.min(members));
        Self {
            policy,
            failed: false,
            turn: NOBODY,
            left: 0,
            pending: 0,
            begin: 0,
            started: limit,
            members,
            limit,
            entry: entry.filter(|_| limit < members),
            order: PhantomData,
        }
    }

    /// Begins a round, or goes on with one that a panic left.
    #[inline]
    pub(super) fn begin(&mut self) {
        if self.left == 0 {
            self.pending = 0;
            self.left = self.started;
            self.turn = if self.begin < self.started { self.begin } else { 0 };
            self.begin = self.turn + 1;
        }
    }

    /// Returns `true` if this is the turn of the member that is polled next.
    #[inline]
    pub(super) fn is(&self, turn: u8) -> bool {
        self.turn == turn
    }

    /// Records the result of polling the member whose turn it was, and advances to the next one.
    #[inline]
    pub(super) fn note(&mut self, turn: u8, polled: Poll<bool>) {
        self.left -= 1;
        self.turn = if self.left == 0 || turn + 1 == self.started { NOBODY } else { turn + 1 };
        match polled {
            Poll::Ready(true) => {}
            Poll::Ready(false) => self.fail(),
            Poll::Pending => self.pending += 1,
        }
    }

    #[cold]
    fn fail(&mut self) {
        self.failed = true;
        if self.is_cut() {
            (self.left, self.turn) = (0, NOBODY);
        }
    }

    /// Returns `true` if there are members left in the round, after those up to the last one were polled: the ring goes
    /// on with the first member, or another member starts.
    #[inline]
    pub(super) fn goes_on(&mut self) -> bool {
        if self.left > 0 {
            self.turn = 0;
            return true;
        }
        self.started < self.members && self.start()
    }

    #[cold]
    fn start(&mut self) -> bool {
        if self.is_cut() || self.pending == self.limit {
            return false;
        }
        if self.entry.is_some_and(AttemptState::is_in_vain) {
            // It is not a failure that they do not start, because the body will not run.
            self.members = self.started;
            return false;
        }
        (self.left, self.turn) = (1, self.started);
        self.started += 1;
        true
    }

    /// Returns the result of the round: `true` if no member has failed, once none is left.
    #[inline]
    pub(super) fn end(&self) -> Poll<bool> {
        if self.pending == 0 || self.is_cut() { Poll::Ready(!self.failed) } else { Poll::Pending }
    }

    /// Records that the member whose turn it is panicked. Returns its turn.
    pub(super) fn panicked(&mut self) -> u8 {
        self.failed = true;
        self.turn
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
