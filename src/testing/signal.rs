use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A signal that is ready from a certain poll of the scene on, or once nothing else wakes the scene. Returned by
/// [`sweep_signals`](super::sweep_signals).
///
/// It wakes the task that waits for it when it becomes ready.
#[derive(Debug)]
pub struct Signal(Arc<Fuse>);

/// The sweep's side of the signal of one scene.
#[derive(Debug)]
pub(super) struct Fuse {
    /// The number of polls after which it is ready.
    at: usize,
    /// The number of polls of the scene, including one in progress.
    polls: AtomicUsize,
    /// Whether the scene was pending and was not woken.
    forced: AtomicBool,
    /// The waker of the task that waits for it.
    waker: Mutex<Option<Waker>>,
}

impl Fuse {
    pub(super) fn new(at: usize) -> Arc<Self> {
        let (polls, forced) = (AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Self { at, polls, forced, waker: Mutex::new(None) })
    }

    pub(super) fn signal(self: &Arc<Self>) -> Signal {
        Signal(Arc::clone(self))
    }

    /// Counts a poll of the scene that is about to begin. Returns `true` if the signal becomes ready with it.
    pub(super) fn count(&self) -> bool {
        let before = self.is_ready();
        self.polls.fetch_add(1, SeqCst);
        !before && self.is_ready()
    }

    /// Fires now, if a task waits for the signal. Returns the waker of that task.
    pub(super) fn force(&self) -> Option<Waker> {
        let waker = self.take()?;
        self.forced.store(true, SeqCst);
        Some(waker)
    }

    pub(super) fn is_awaited(&self) -> bool {
        self.waker().is_some()
    }

    pub(super) fn is_forced(&self) -> bool {
        self.forced.load(SeqCst)
    }

    fn is_ready(&self) -> bool {
        self.is_forced() || self.polls.load(SeqCst) > self.at
    }

    /// Takes the waker of the task that waits for it.
    pub(super) fn take(&self) -> Option<Waker> {
        self.waker().take()
    }

    pub(super) fn put(&self, waker: Option<Waker>) {
        let before = std::mem::replace(&mut *self.waker(), waker);
        drop(before);
    }

    fn waker(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Future for Signal {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self(fuse) = &*self;
        fuse.put(Some(cx.waker().clone()));
        if fuse.is_ready() {
            fuse.put(None);
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        self.0.put(None);
    }
}
