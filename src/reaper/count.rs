//! The number of unfinished scopes, and the tasks that wait until there are none.

use crate::wait_list::WaitList;
use alloc::sync::Arc;
use core::future::poll_fn;
use core::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use core::task::{Context, Poll};

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
        let mut wait = Wait { count: self, number: None };
        poll_fn(|cx| wait.poll(cx)).await;
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

/// One call of `idle`.
struct Wait<'a> {
    count: &'a Count,
    number: Option<u64>,
}

impl Wait<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.count.waiting.poll(&mut self.number, cx, || (self.count.pending() == 0).then_some(()))
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.count.waiting.leave(self.number);
    }
}
