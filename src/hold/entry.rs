use crate::lock::Mutex;
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

/// What is passed down a tree while it is entered: the policy at this place, and what all places share.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    policy: Policy,
    state: &'a EntryState,
}

/// What happens to the enters in flight when one fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Policy {
    /// They run to their end.
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

    /// Whether the tree has so many members that its groups poll only where a wake leads (law `linear`).
    #[inline]
    pub(crate) fn is_large(self) -> bool {
        self.state.large.load(Relaxed)
    }

    #[inline]
    pub(crate) fn policy(self) -> Policy {
        self.policy
    }

    /// Whether the holds of the tree are dropped when it is in, and others exit it: its resources stay where they are.
    pub(crate) fn is_by_hand(self) -> bool {
        self.state.is_by_hand
    }

    /// Notes that an enter failed: a cancellation that comes later is not the cause.
    pub(crate) fn note_failure(self) {
        self.state.failed.store(true, SeqCst);
    }

    /// Notes that a member has entered, which has to be exited.
    #[inline]
    pub(crate) fn note_entered(self) {
        self.state.note_entered();
    }

    /// Whether to enter anything more would be in vain, as the body is not going to run.
    #[inline]
    pub(crate) fn is_in_vain(self) -> bool {
        self.state.failed.load(SeqCst) || self.state.is_cancelled()
    }

    /// Enters what gives up at its first failure, and when the scope is cancelled.
    pub(crate) async fn fail_fast<F: Future<Output = bool>>(self, enter: impl FnOnce(Self) -> F) -> bool {
        let mut entering = pin!(enter(Self { policy: Policy::FailFast, ..self }));
        if !self.state.can_be_cancelled {
            return entering.await;
        }
        let (handle, registration) = AbortHandle::new_pair();
        self.state.stops.lock().push(handle); // nothing begins after the signal
        Abortable::new(entering.as_mut(), registration).await == Ok(true)
    }
}

/// What is passed down a tree while it is exited.
#[derive(Clone, Copy, Debug)]
pub struct Exit<'a> {
    pub(crate) outcome: Outcome<'a>,
    pub(crate) is_large: bool,
}

/// What all places of a tree share while it is entered.
#[derive(Debug, Default)]
pub struct EntryState {
    large: AtomicBool,
    entered: AtomicBool,
    failed: AtomicBool,
    cancelled: AtomicBool,
    can_be_cancelled: bool,
    is_by_hand: bool,
    stops: Mutex<Rare<AbortHandle>>,
}

impl EntryState {
    pub(crate) fn new(can_be_cancelled: bool) -> Self {
        Self { can_be_cancelled, ..Self::default() }
    }

    /// What the tree is entered with whose holds are gone when it is in: others exit it.
    pub(crate) fn by_hand() -> Self {
        Self { is_by_hand: true, ..Self::default() }
    }

    pub(crate) fn can_be_cancelled(&self) -> bool {
        self.can_be_cancelled
    }

    /// Notes that something has entered, or was in from the start.
    #[inline]
    pub(crate) fn note_entered(&self) {
        self.entered.store(true, Relaxed);
    }

    /// Returns whether anything has entered.
    pub(crate) fn has_entered(&self) -> bool {
        self.entered.load(Relaxed)
    }

    /// Notes that the scope is over before all are in, unless an enter failed first.
    pub(crate) fn note_cancelled(&self) -> bool {
        let first = !self.failed.load(SeqCst);
        self.cancelled.fetch_or(first, SeqCst);
        first
    }

    /// Does that, and stops what fails fast in any case: it may hang.
    pub(crate) fn cancel(&self) -> bool {
        let first = self.note_cancelled();
        let stops = self.stops.lock().take();
        each(&stops, AbortHandle::abort); // which wakes
        first
    }

    #[inline]
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(SeqCst)
    }
}
