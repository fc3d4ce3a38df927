use crate::lock::Mutex;
use crate::observe::ScopeObserver;
use crate::outcome::Outcome;
use crate::rare::Rare;
use crate::unwind::each;
use core::future::Future;
use core::pin::pin;
use core::sync::atomic::{
    AtomicBool,
    Ordering::{Relaxed, SeqCst},
};
use futures::future::{AbortHandle, Abortable};

/// The context of an enter, passed down a tree: the policy at this place, and the state that all places share.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    policy: Policy,
    state: &'a EntryState,
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

impl<'a> Entry<'a> {
    #[inline]
    pub(super) fn new(state: &'a EntryState, is_large: bool) -> Self {
        if is_large {
            state.large.store(true, Relaxed);
        }
        Self { policy: Policy::default(), state }
    }

    /// Returns `true` if the tree has so many members that its longer groups poll only woken members (law `linear`).
    #[inline]
    pub(crate) fn is_large(self) -> bool {
        self.state.large.load(Relaxed)
    }

    #[inline]
    pub(crate) fn policy(self) -> Policy {
        self.policy
    }

    /// Returns `true` if the tree is entered by hand: its holds are dropped once it is entered, its resources stay, and
    /// other holds exit it.
    pub(crate) fn is_by_hand(self) -> bool {
        self.state.is_by_hand
    }

    /// Records that an enter failed. A later cancellation is not the cause then.
    pub(crate) fn note_failure(self) {
        self.state.failed.store(true, SeqCst);
    }

    /// Records that a member has entered and has to be exited.
    #[inline]
    pub(crate) fn note_entered(self) {
        self.state.note_entered();
    }

    /// Returns `true` if the body will not run, so that starting another enter is pointless.
    #[inline]
    pub(crate) fn is_in_vain(self) -> bool {
        self.state.failed.load(SeqCst) || self.state.is_cancelled()
    }

    /// Enters a group under `fail_fast`: it stops at its first failure, and when the scope is cancelled.
    pub(crate) async fn fail_fast<F: Future<Output = bool>>(self, enter: impl FnOnce(Self) -> F) -> bool {
        let mut entering = pin!(enter(Self { policy: Policy::FailFast, ..self }));
        if !self.state.can_be_cancelled {
            return entering.await;
        }
        let (handle, registration) = AbortHandle::new_pair();
        self.state.stops.lock().push(handle); // in time: no enter begins after the signal
        Abortable::new(entering.as_mut(), registration).await == Ok(true)
    }
}

/// The context of an exit, passed down a tree.
#[derive(Clone, Copy, Debug)]
pub struct Exit<'a> {
    pub(crate) outcome: Outcome<'a>,
    pub(crate) is_large: bool,
}

/// The state that all places of a tree share while it is entered.
#[derive(Debug, Default)]
pub struct EntryState {
    large: AtomicBool,
    entered: AtomicBool,
    failed: AtomicBool,
    cancelled: AtomicBool,
    can_be_cancelled: bool,
    is_by_hand: bool,
    stops: Mutex<Rare<AbortHandle>>,
    /// Empty in a part of a scope, such as a member of a dynamic set: it has no end of its own.
    observer: ScopeObserver,
}

impl EntryState {
    pub(crate) fn new(can_be_cancelled: bool, observer: ScopeObserver) -> Self {
        Self { can_be_cancelled, observer, ..Self::default() }
    }

    /// Creates the state of a tree that is entered by hand: its holds are dropped once it is entered, and other holds
    /// exit it.
    pub(crate) fn by_hand() -> Self {
        Self { is_by_hand: true, ..Self::default() }
    }

    pub(crate) fn can_be_cancelled(&self) -> bool {
        self.can_be_cancelled
    }

    pub(crate) fn observer(&self) -> &ScopeObserver {
        &self.observer
    }

    /// Records that a member has entered, or was entered from the start.
    #[inline]
    pub(crate) fn note_entered(&self) {
        self.entered.store(true, Relaxed);
    }

    /// Returns `true` if any member has entered.
    pub(crate) fn has_entered(&self) -> bool {
        self.entered.load(Relaxed)
    }

    /// Records that the scope is cancelled before all members have entered, unless an enter failed first. Returns
    /// `true` if none had failed.
    pub(crate) fn note_cancelled(&self) -> bool {
        let first = !self.failed.load(SeqCst);
        self.cancelled.fetch_or(first, SeqCst);
        first
    }

    /// Calls [`note_cancelled`](Self::note_cancelled), and stops the groups under `fail_fast` in any case, because
    /// their enters may hang.
    pub(crate) fn cancel(&self) -> bool {
        let first = self.note_cancelled();
        let stops = self.stops.lock().take();
        each(&stops, AbortHandle::abort); // runs wakers
        first
    }

    #[inline]
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(SeqCst)
    }
}
