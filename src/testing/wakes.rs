//! Tracks the wakes of a scene, and whether it can still be woken.

use super::watchdog::Alarm;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Acquire, Ordering::SeqCst, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};
use std::thread::{self, ThreadId};

#[derive(Debug)]
pub(super) struct Wakes {
    alarm: Arc<Alarm>,
    /// The number of the latest poll. Only its waker counts, as in any future.
    poll: AtomicUsize,
    /// The thread that runs this poll.
    thread: Mutex<Option<ThreadId>>,
    woken: AtomicBool,
    /// Whether it was woken from outside its polls, so that their number is not deterministic.
    from_outside: AtomicBool,
    /// Whether it was woken by the waker of an earlier poll.
    too_late: AtomicBool,
}

/// The waker of one poll of a scene.
#[derive(Debug)]
pub(super) struct OnePoll {
    poll: usize,
    wakes: Arc<Wakes>,
}

impl Wakes {
    pub(super) fn new(alarm: Arc<Alarm>) -> Arc<Self> {
        Arc::new(Self {
            alarm,
            poll: AtomicUsize::new(0),
            thread: Mutex::new(None),
            woken: AtomicBool::new(false),
            from_outside: AtomicBool::new(false),
            too_late: AtomicBool::new(false),
        })
    }

    /// Calls `poll` with a new waker, and returns its result and the waker: see [`OnePoll::is_forgotten`].
    pub(super) fn poll<T>(self: &Arc<Self>, poll: impl FnOnce(&Waker) -> T) -> (Arc<OnePoll>, T) {
        let one = Arc::new(OnePoll { poll: self.poll.fetch_add(1, SeqCst) + 1, wakes: Arc::clone(self) });
        self.woken.store(false, SeqCst);
        let polled = self.within(|| poll(&Waker::from(Arc::clone(&one))));
        (one, polled)
    }

    /// Calls a function whose wakes count as wakes from within the poll.
    pub(super) fn within<T>(&self, call: impl FnOnce() -> T) -> T {
        *self.thread() = Some(thread::current().id());
        let called = call();
        *self.thread() = None;
        called
    }

    pub(super) fn is_woken(&self) -> bool {
        self.woken.load(SeqCst)
    }

    pub(super) fn is_from_outside(&self) -> bool {
        self.from_outside.load(SeqCst)
    }

    pub(super) fn is_too_late(&self) -> bool {
        self.too_late.load(SeqCst)
    }

    fn thread(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OnePoll {
    /// Returns `true` if no waker of this poll is left but this one, so that nothing can wake the scene.
    pub(super) fn is_forgotten(self: &Arc<Self>, but_for: Option<&Waker>) -> bool {
        let holders = Arc::strong_count(self);
        // `will_wake` is not certain to detect that it is this waker, but the number of references after a clone is.
        let copy = but_for.cloned();
        let is_own = Arc::strong_count(self) > holders;
        drop(copy);
        // A former holder may have woken it before. After this fence that wake is visible.
        fence(Acquire);
        holders == 1 + usize::from(is_own)
    }
}

impl Wake for OnePoll {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let wakes = &self.wakes;
        if wakes.poll.load(SeqCst) != self.poll {
            wakes.too_late.store(true, SeqCst);
            return;
        }
        if *wakes.thread() != Some(thread::current().id()) {
            wakes.from_outside.store(true, SeqCst);
        }
        wakes.woken.store(true, SeqCst);
        wakes.alarm.wake();
    }
}
