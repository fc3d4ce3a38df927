//! The list of all work in a scope, or in a set.

use super::{Poller, Work};
use crate::lock::Mutex;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;
use core::mem::{replace, take};
use core::pin::Pin;
use core::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use core::task::{Context, Poll, Waker};
use futures::StreamExt;
use futures::stream::FuturesUnordered;

/// The work of the members of a scope, or of a set. It allocates nothing as long as there is none.
#[derive(Debug, Default)]
pub struct Attendance {
    /// Whether there is a list.
    is_any: AtomicBool,
    /// Whether members that are created later can have work.
    can_grow: AtomicBool,
    list: Mutex<Option<Arc<WorkList>>>,
}

struct WorkList {
    number: usize,
    added: Mutex<Vec<Arc<Work>>>,
    running: Mutex<Running>,
    /// The waker of the last poll, for work that is added on another task.
    waker: Mutex<Option<Waker>>,
    failed: AtomicBool,
}

impl core::fmt::Debug for WorkList {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("WorkList").finish_non_exhaustive()
    }
}

/// The work that was polled before. It is taken out to be polled, because it is foreign code, which can poll the list.
enum Running {
    /// `None` while there was none, as an empty one allocates.
    There(Option<FuturesUnordered<WorkFuture>>),
    /// It was taken out.
    Polled {
        /// Whether another one wanted to poll it meanwhile.
        is_missed: bool,
    },
}

impl Default for Running {
    fn default() -> Self {
        Self::There(None)
    }
}

/// Some work in the list of this number. It resolves to `true` if it fails while its member is up.
struct WorkFuture(Arc<Work>, usize);

impl Future for WorkFuture {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let Self(work, list) = &*self;
        // The member can have moved to another list.
        if work.list.load(SeqCst) != *list {
            return Poll::Ready(false);
        }
        work.poll(Poller::Scope, cx).map(|failed| failed && !work.is_exiting.load(SeqCst))
    }
}

impl Attendance {
    /// Adds the work of a member, to be polled from now on. A list that it was in before polls it no longer.
    pub(crate) fn add(&self, work: &Arc<Work>) {
        self.list().add(Arc::clone(work));
    }

    /// Shares the list of another one: work that is added to either is polled with both.
    pub(crate) fn share(&self, other: &Self) {
        let list = other.list();
        let before = self.list.lock().replace(Arc::clone(&list));
        self.is_any.store(true, SeqCst);
        if let Some(before) = before {
            let moved = take(&mut *before.added.lock());
            let running = take(&mut *before.running.lock());
            let Running::There(running) = running else { unreachable!("nobody polls a list before it is shared") };
            let running = running.into_iter().flatten().map(|future| future.0);
            moved.into_iter().chain(running).for_each(|work| list.add(work));
        }
    }

    fn list(&self) -> Arc<WorkList> {
        let list = Arc::clone(self.list.lock().get_or_insert_with(WorkList::new));
        self.is_any.store(true, SeqCst);
        list
    }

    /// Records that members that are created later can have work.
    pub(crate) fn expect(&self) {
        self.can_grow.store(true, SeqCst);
    }

    /// Returns `true` if there can be work, now or later.
    pub(crate) fn is_expected(&self) -> bool {
        self.is_any() || self.can_grow.load(SeqCst)
    }

    /// Returns `true` if there can be work now.
    #[inline]
    pub(crate) fn is_any(&self) -> bool {
        self.is_any.load(SeqCst)
    }

    /// Polls all work that was woken. Returns `true` if some work has failed.
    #[inline]
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> bool {
        self.is_any() && self.poll_each(cx)
    }

    /// Polls all work that was woken, and wakes if some is added. Returns `true` if some work has failed.
    #[cold]
    pub(crate) fn poll_each(&self, cx: &mut Context<'_>) -> bool {
        let list = self.list();
        list.poll(cx)
    }
}

impl WorkList {
    fn new() -> Arc<Self> {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        Arc::new(Self {
            number: LAST.fetch_add(1, Relaxed) + 1,
            added: Mutex::default(),
            running: Mutex::default(),
            waker: Mutex::default(),
            failed: AtomicBool::new(false),
        })
    }

    fn add(&self, work: Arc<Work>) {
        work.list.store(self.number, SeqCst);
        self.added.lock().push(work);
        let waker = self.waker.lock().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> bool {
        let waker = cx.waker().clone();
        let replaced = self.waker.lock().replace(waker);
        drop(replaced);
        if let Some(mut taken) = TakenOut::new(self) {
            let running = &mut taken.running;
            let added = take(&mut *self.added.lock());
            if !added.is_empty() {
                let added = added.into_iter().map(|work| WorkFuture(work, self.number));
                running.get_or_insert_default().extend(added);
            }
            if let Some(running) = running {
                while let Poll::Ready(Some(failed)) = running.poll_next_unpin(cx) {
                    self.failed.fetch_or(failed, SeqCst);
                }
            }
        }
        self.failed.load(SeqCst)
    }
}

/// The work that was taken out of a list to be polled. On drop it is put back.
struct TakenOut<'l> {
    list: &'l WorkList,
    running: Option<FuturesUnordered<WorkFuture>>,
}

impl<'l> TakenOut<'l> {
    /// Returns `None` if it is taken out already. Whoever has it wakes the last poll's waker then.
    fn new(list: &'l WorkList) -> Option<Self> {
        match &mut *list.running.lock() {
            Running::Polled { is_missed } => {
                *is_missed = true;
                None
            }
            there @ Running::There(_) => {
                let taken = replace(there, Running::Polled { is_missed: false });
                let Running::There(running) = taken else { return None };
                Some(Self { list, running })
            }
        }
    }
}

impl Drop for TakenOut<'_> {
    fn drop(&mut self) {
        let before = replace(&mut *self.list.running.lock(), Running::There(self.running.take()));
        if let Running::Polled { is_missed: true } = before {
            let waker = self.list.waker.lock().take();
            waker.into_iter().for_each(Waker::wake);
        }
    }
}
