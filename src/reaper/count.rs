//! The number of unfinished scopes, and the tasks that wait until there are none.

use crate::wait_list::{WaitList, Waiter};
use alloc::sync::Arc;
use core::future::poll_fn;
use core::sync::atomic::{AtomicUsize, Ordering::SeqCst};

#[derive(Debug, Default)]
pub(super) struct Count {
    pending: AtomicUsize,
    waiting: WaitList,
}

impl Count {
    pub(super) fn pending(&self) -> usize {
        self.pending.load(SeqCst)
    }

    pub(super) fn ticket(self: &Arc<Self>) -> Ticket {
        self.pending.fetch_add(1, SeqCst);
        Ticket(Arc::clone(self))
    }

    pub(super) async fn idle(&self) {
        let mut waiter = Waiter::new(&self.waiting);
        poll_fn(|cx| waiter.poll(cx, || (self.pending() == 0).then_some(()))).await;
    }
}

/// One unfinished scope.
pub(super) struct Ticket(Arc<Count>);

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.0.pending.fetch_sub(1, SeqCst) == 1 {
            self.0.waiting.wake_all();
        }
    }
}
