//! Tasks that wait for an event.

use crate::lock::Mutex;
use crate::unwind::each;
use alloc::collections::BTreeMap;
use core::task::{Context, Poll, Waker};

/// The wakers of the tasks that wait for an event. Wakers are cloned, dropped and woken outside of the lock, because
/// they run foreign code.
#[derive(Debug)]
pub(crate) struct WaitList(Mutex<Wakers>);

#[derive(Debug)]
struct Wakers {
    next: u64,
    waiting: BTreeMap<u64, Waker>,
}

impl WaitList {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Wakers { next: 0, waiting: BTreeMap::new() }))
    }

    /// Returns what `look` finds, which can poll something for that. If it finds nothing, stores the waker under
    /// `number`, which is given out once for each waiting future, so that a future has at most one waker in the list.
    pub(crate) fn poll<T>(
        &self,
        number: &mut Option<u64>,
        cx: &mut Context<'_>,
        look: impl Fn() -> Option<T>,
    ) -> Poll<T> {
        if let Some(found) = look() {
            return Poll::Ready(found);
        }
        self.store(number, cx);
        // The event may have come before the waker was in the list.
        look().map_or(Poll::Pending, Poll::Ready)
    }

    /// Stores the waker of this poll, in place of the future's earlier one.
    pub(crate) fn store(&self, number: &mut Option<u64>, cx: &Context<'_>) {
        let waker = cx.waker().clone();
        let mut wakers = self.0.lock();
        let number = *number.get_or_insert_with(|| {
            wakers.next += 1;
            wakers.next
        });
        let replaced = wakers.waiting.insert(number, waker);
        drop(wakers);
        drop(replaced);
    }

    /// Removes the waker of a future that is dropped.
    pub(crate) fn leave(&self, number: Option<u64>) {
        if let Some(number) = number {
            let waker = self.0.lock().waiting.remove(&number);
            each(waker, drop);
        }
    }

    /// Wakes all tasks, after the event. If wakers panic, the others are woken, and the first panic resumes.
    pub(crate) fn wake_all(&self) {
        let waiting = core::mem::take(&mut self.0.lock().waiting);
        each(waiting.into_values(), Waker::wake);
    }
}

impl Default for WaitList {
    fn default() -> Self {
        Self::new()
    }
}

/// A future that waits. On drop it leaves the list.
pub(crate) struct Waiter<'a> {
    list: &'a WaitList,
    number: Option<u64>,
}

impl<'a> Waiter<'a> {
    pub(crate) fn new(list: &'a WaitList) -> Self {
        Self { list, number: None }
    }

    /// Returns what `look` finds, or else waits, as [`WaitList::poll`].
    pub(crate) fn poll<T>(&mut self, cx: &mut Context<'_>, look: impl Fn() -> Option<T>) -> Poll<T> {
        self.list.poll(&mut self.number, cx, look)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.list.leave(self.number);
    }
}
