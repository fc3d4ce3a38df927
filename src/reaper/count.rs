//! The number of unfinished scopes, and the tasks that wait until there are none.

use crate::lock::{Mutex, MutexGuard};
use crate::unwind::each;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::future::poll_fn;
use core::task::{Context, Poll, Waker};

#[derive(Debug, Default)]
pub(super) struct Count(Mutex<CountState>);

#[derive(Debug, Default)]
struct CountState {
    pending: usize,
    next: u64,
    waiting: BTreeMap<u64, Waker>,
}

impl Count {
    pub(super) fn pending(&self) -> usize {
        self.lock().pending
    }

    pub(super) fn ticket(self: &Arc<Self>) -> Ticket {
        self.lock().pending += 1;
        Ticket(Arc::clone(self))
    }

    pub(super) async fn idle(&self) {
        let mut wait = Wait { count: self, id: None };
        poll_fn(|cx| wait.poll(cx)).await;
    }

    fn lock(&self) -> MutexGuard<'_, CountState> {
        self.0.lock()
    }
}

/// One unfinished scope.
pub(super) struct Ticket(Arc<Count>);

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.pending -= 1;
        if state.pending == 0 {
            let waiting = core::mem::take(&mut state.waiting);
            // A waker is foreign code, and must not run under the lock.
            drop(state);
            each(waiting.into_values(), Waker::wake);
        }
    }
}

/// One call of `idle`, with at most one waker in the list.
struct Wait<'a> {
    count: &'a Count,
    id: Option<u64>,
}

impl Wait<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.count.pending() == 0 {
            return Poll::Ready(());
        }
        // Cloned, dropped and woken outside of the lock: the waker's code may call the reaper.
        let waker = cx.waker().clone();
        let mut state = self.count.lock();
        if state.pending == 0 {
            drop(state);
            return Poll::Ready(());
        }
        let id = *self.id.get_or_insert_with(|| {
            state.next += 1;
            state.next
        });
        let replaced = state.waiting.insert(id, waker);
        drop(state);
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            let waker = self.count.lock().waiting.remove(&id);
            each(waker, drop);
        }
    }
}
