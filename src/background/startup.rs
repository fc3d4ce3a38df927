//! What the function of a `background` and its member share.

use crate::lock::Mutex;
use crate::outcome::OutcomeKind;
use crate::wait_list::WaitList;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::mem::replace;
use core::pin::Pin;
use core::task::{Context, Poll};

/// The handle by which the function of a [`background`](crate::background()) ends the enter of its member.
#[must_use = "the member is not entered before `ready` is called"]
pub struct Startup<G> {
    line: Option<Arc<Line<G>>>,
}

impl<G> Startup<G> {
    pub(super) fn new(line: Arc<Line<G>>) -> Self {
        Self { line: Some(line) }
    }

    fn take_line(&mut self) -> Arc<Line<G>> {
        self.line.take().expect("it is there until this is used up")
    }

    /// Passes the guard to the scope: the member has entered. Returns the [`Stop`] that tells when it has to end.
    ///
    /// It takes `self`, so a second call does not compile. It can be called on another task. If the enter is over by
    /// then, because it was dropped or failed, the guard is dropped and the `Stop` is ready.
    pub fn ready(mut self, guard: G) -> Stop {
        let line = self.take_line();
        let stop = Stop::new(Arc::clone(&line.stop));
        let refused = line.put(GuardSlot::Ready(guard));
        drop(refused);
        stop
    }
}

impl<G> fmt::Debug for Startup<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Startup").finish_non_exhaustive()
    }
}

impl<G> Drop for Startup<G> {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            line.put(GuardSlot::Dropped);
        }
    }
}

/// The guard, on its way from the function to the scope.
pub(super) struct Line<G> {
    guard: Mutex<GuardSlot<G>>,
    waiting: WaitList,
    stop: Arc<StopLine>,
}

enum GuardSlot<G> {
    /// The function is not ready.
    Empty,
    Ready(G),
    /// The `Startup` was dropped.
    Dropped,
    /// The enter is over: a guard that comes now is refused.
    Closed,
}

impl<G> Line<G> {
    pub(super) fn new(stop: Arc<StopLine>) -> Self {
        Self { guard: Mutex::new(GuardSlot::Empty), waiting: WaitList::new(), stop }
    }

    /// Puts the guard there. Returns it if the enter is over.
    fn put(&self, guard: GuardSlot<G>) -> Option<GuardSlot<G>> {
        {
            let mut slot = self.guard.lock();
            if let GuardSlot::Closed = *slot {
                return Some(guard);
            }
            *slot = guard;
        }
        self.waiting.wake_all();
        None
    }

    /// Waits for the guard. Returns `None` if the `Startup` was dropped.
    pub(super) fn poll(&self, number: &mut Option<u64>, cx: &mut Context<'_>) -> Poll<Option<G>> {
        self.waiting.poll(number, cx, || {
            let mut slot = self.guard.lock();
            match replace(&mut *slot, GuardSlot::Closed) {
                GuardSlot::Ready(guard) => Some(Some(guard)),
                GuardSlot::Dropped | GuardSlot::Closed => Some(None),
                GuardSlot::Empty => {
                    *slot = GuardSlot::Empty;
                    None
                }
            }
        })
    }

    /// Refuses a guard that comes from now on. Returns one that is there.
    pub(super) fn close(&self) -> Option<G> {
        match replace(&mut *self.guard.lock(), GuardSlot::Closed) {
            GuardSlot::Ready(guard) => Some(guard),
            _ => None,
        }
    }
}

/// Resolves when a member that works has to stop, to the kind of the outcome that its exit received. Returned by
/// [`Startup::ready`].
///
/// From then on it is always ready, and so are its clones. If the member is abandoned, or dropped, it resolves to
/// [`Cancelled`](OutcomeKind::Cancelled).
#[must_use = "a future does nothing unless it is awaited"]
pub struct Stop {
    line: Arc<StopLine>,
    number: Option<u64>,
}

impl Stop {
    fn new(line: Arc<StopLine>) -> Self {
        Self { line, number: None }
    }
}

impl Future for Stop {
    type Output = OutcomeKind;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<OutcomeKind> {
        let Self { line, number } = &mut *self;
        line.waiting.poll(number, cx, || line.kind())
    }
}

impl Clone for Stop {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.line))
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.line.waiting.leave(self.number);
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").field("kind", &self.line.kind()).finish_non_exhaustive()
    }
}

/// The outcome with which a member that works has to stop.
#[derive(Debug, Default)]
pub(super) struct StopLine {
    kind: Mutex<Option<OutcomeKind>>,
    waiting: WaitList,
}

impl StopLine {
    pub(super) fn kind(&self) -> Option<OutcomeKind> {
        *self.kind.lock()
    }

    /// Resolves every `Stop`. Only the first call counts.
    pub(super) fn fire(&self, kind: OutcomeKind) {
        self.kind.lock().get_or_insert(kind);
        self.waiting.wake_all();
    }
}
