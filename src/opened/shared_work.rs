//! The work of the members of an owned scope, which several tasks can poll.

use crate::wait_list::{WaitList, Waiter};
use crate::work::Attendance;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
use core::task::{Context, Poll, Waker};

/// The work of the members, and all who poll it: the task on the reaper, calls of `attend`, and the exits.
///
/// Each of them polls all work that was woken, and work that is woken wakes all of them, so that it does not matter
/// which of them is dropped.
pub(crate) struct SharedWork {
    attendance: Attendance,
    pollers: Arc<Pollers>,
    is_over: AtomicBool,
}

/// Apart from the list of the work, which stores a waker that owns this.
struct Pollers(WaitList);

impl Wake for Pollers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake_all();
    }
}

impl SharedWork {
    /// Shares the list of the work. Returns `None` if there can be none.
    pub(super) fn new(attendance: &Attendance) -> Option<Arc<Self>> {
        if !attendance.is_any() {
            return None;
        }
        let shared = Attendance::default();
        shared.share(attendance);
        let pollers = Arc::new(Pollers(WaitList::new()));
        Some(Arc::new(Self { attendance: shared, pollers, is_over: AtomicBool::new(false) }))
    }

    /// Polls all work that was woken. Returns `true` if some work has failed.
    fn poll_each(&self) -> bool {
        let waker = Waker::from(Arc::clone(&self.pollers));
        self.attendance.poll_each(&mut Context::from_waker(&waker))
    }

    /// Polls the work until the members have exited.
    pub(super) async fn drive(self: Arc<Self>) {
        let is_over = || self.is_over.load(SeqCst);
        let mut waiter = Waiter::new(&self.pollers.0);
        poll_fn(|cx| {
            waiter.poll(cx, || {
                if !is_over() {
                    self.poll_each();
                }
                is_over().then_some(())
            })
        })
        .await;
    }

    /// Polls the work until some has failed and `look` has found its failures.
    pub(crate) async fn until<T>(&self, look: impl Fn() -> Option<T>) -> T {
        let mut waiter = Waiter::new(&self.pollers.0);
        poll_fn(|cx| waiter.poll(cx, || if self.poll_each() { look() } else { None })).await
    }

    /// Runs the exits, and polls the work after each of their polls (law `attended`), and once before: work that has
    /// failed by now, while nobody attended, failed while its member was up.
    pub(super) async fn during<F: Future>(&self, exits: F) -> F::Output {
        self.poll_each();
        let mut exits = pin!(exits);
        let mut waiter = Waiter::new(&self.pollers.0);
        poll_fn(|cx| {
            let polled = exits.as_mut().poll(cx);
            if polled.is_pending() {
                let never: Poll<()> = waiter.poll(cx, || {
                    self.poll_each();
                    None
                });
                debug_assert!(never.is_pending(), "nothing ends it");
            }
            polled
        })
        .await
    }

    /// Ends the task that polls the work.
    pub(super) fn end(&self) {
        self.is_over.store(true, SeqCst);
        self.wake();
    }

    /// Wakes all who poll the work, as the failures of some have been found.
    pub(crate) fn wake(&self) {
        self.pollers.0.wake_all();
    }
}
