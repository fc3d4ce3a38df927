use super::{AttemptState, ConcurrencyLimit};
use crate::outcome::Outcome;
use core::future::Future;
use core::num::NonZeroUsize;
use core::pin::pin;

/// The context of an enter, passed down a tree: the policy at this place, and the state that all places share.
#[derive(Clone, Copy, Debug)]
pub struct EnterContext<'a> {
    policy: Policy,
    limit: ConcurrencyLimit,
    state: &'a AttemptState<'a>,
}

/// The policy for the enters in flight when one fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Policy {
    /// They run to completion.
    #[default]
    Settle,
    /// They are dropped.
    FailFast,
}

impl<'a> EnterContext<'a> {
    #[inline]
    pub(super) fn new(state: &'a AttemptState<'a>, is_large: bool) -> Self {
        if is_large {
            state.note_large();
        }
        Self { policy: Policy::default(), limit: ConcurrencyLimit::NONE, state }
    }

    /// Returns `true` if the tree has so many members that its longer groups poll only woken members (law `linear`).
    #[inline]
    pub(crate) fn is_large(self) -> bool {
        self.state.is_large()
    }

    #[inline]
    pub(crate) fn policy(self) -> Policy {
        self.policy
    }

    #[inline]
    pub(crate) fn state(self) -> &'a AttemptState<'a> {
        self.state
    }

    /// Returns the context for an attempt of its own, below this place.
    pub(crate) fn attempt<'b>(self, state: &'b AttemptState<'b>) -> EnterContext<'b>
    where
        'a: 'b,
    {
        EnterContext { state, ..self }
    }

    /// Limits the group below: at most this many of its members are entered at a time. The narrowest limit applies.
    pub(crate) fn limited(self, most: NonZeroUsize) -> Self {
        Self { limit: self.limit.narrowed(most), ..self }
    }

    /// Returns the number of members of a group that may run at a time, and the context for the members.
    #[inline]
    pub(crate) fn of_members(self) -> (usize, Self) {
        (self.limit.get(), Self { limit: ConcurrencyLimit::NONE, ..self })
    }

    /// Returns `true` if the tree is entered by hand: its holds are dropped once it is entered, its resources stay, and
    /// other holds exit it.
    pub(crate) fn is_by_hand(self) -> bool {
        self.state.is_by_hand()
    }

    /// Returns `true` if the body will not run, so that starting another enter is pointless.
    #[inline]
    pub(crate) fn is_in_vain(self) -> bool {
        self.state.is_in_vain()
    }

    /// Enters a group under `fail_fast`: it stops at its first failure, and when the scope is cancelled.
    pub(crate) async fn fail_fast<F: Future<Output = bool>>(self, enter: impl FnOnce(Self) -> F) -> bool {
        let entering = pin!(enter(Self { policy: Policy::FailFast, ..self }));
        self.state.unless_stopped(entering).await.unwrap_or(false)
    }
}

/// The context of an exit, passed down a tree.
#[derive(Clone, Copy, Debug)]
pub struct ExitContext<'a> {
    outcome: &'a Outcome<'a>,
    limit: ConcurrencyLimit,
    is_large: bool,
}

impl<'a> ExitContext<'a> {
    pub(super) fn new(outcome: &'a Outcome<'a>, is_large: bool) -> Self {
        Self { outcome, limit: ConcurrencyLimit::NONE, is_large }
    }

    #[inline]
    pub(crate) fn outcome(self) -> &'a Outcome<'a> {
        self.outcome
    }

    /// Returns `true` if the tree has so many members that its longer groups poll only woken members (law `linear`).
    #[inline]
    pub(crate) fn is_large(self) -> bool {
        self.is_large
    }

    /// Limits the group below: at most this many of its members are exited at a time. The narrowest limit applies.
    pub(crate) fn limited(self, most: NonZeroUsize) -> Self {
        Self { limit: self.limit.narrowed(most), ..self }
    }

    /// Returns the number of members of a group that may run at a time, and the context for the members.
    #[inline]
    pub(crate) fn of_members(self) -> (usize, Self) {
        (self.limit.get(), Self { limit: ConcurrencyLimit::NONE, ..self })
    }
}
