//! A future that several tasks poll.

use super::polled;
use crate::lock::Mutex;
use crate::nest::apart;
use crate::wait_list::WaitList;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::future::Future;
use core::mem::replace;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
use core::task::{Context, Poll, Waker};
use futures::future::BoxFuture;

/// A future that all who wait for it poll, so that it does not matter which of them is dropped.
///
/// Each [`TaskWaiter`] polls it if it was woken, and it wakes all of them. If the last one is dropped, so is the
/// future.
pub(super) struct Task<T> {
    state: Mutex<TaskState<T>>,
    wakes: Arc<TaskWakes>,
    /// The number of the shared resource.
    of: usize,
}

enum TaskState<T> {
    There(BoxFuture<'static, T>),
    /// It was taken out, to be polled.
    Polled,
    /// With its output, unless that was taken.
    Over(Option<T>),
}

/// Apart from the future, which stores a waker that owns this.
struct TaskWakes {
    is_woken: AtomicBool,
    waiting: WaitList,
}

impl Wake for TaskWakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, SeqCst);
        self.waiting.wake_all();
    }
}

impl<T: Send + 'static> Task<T> {
    pub(super) fn new(of: usize, future: impl Future<Output = T> + Send + 'static) -> Self {
        let wakes = TaskWakes { is_woken: AtomicBool::new(true), waiting: WaitList::new() };
        Self { state: Mutex::new(TaskState::There(Box::pin(future))), wakes: Arc::new(wakes), of }
    }

    /// Records that it is to be polled. The caller polls it next.
    pub(super) fn note_woken(&self) {
        self.wakes.is_woken.store(true, SeqCst);
    }

    /// Takes the output, if it is there and is of this kind.
    pub(super) fn take_if(&self, is_wanted: impl FnOnce(&T) -> bool) -> Option<T> {
        match &mut *self.state.lock() {
            TaskState::Over(output) => output.take_if(|output| is_wanted(output)),
            _ => None,
        }
    }

    /// Returns `true` if the output was taken.
    pub(super) fn is_taken(&self) -> bool {
        matches!(*self.state.lock(), TaskState::Over(None))
    }

    fn is_over(&self) -> bool {
        matches!(*self.state.lock(), TaskState::Over(_))
    }

    /// Polls the future if it was woken, and if nobody else polls it.
    fn poll_once(&self) {
        let Some(mut future) = self.take_out() else { return };
        let mut after = AfterPoll { task: self, state: Some(TaskState::Over(None)) };
        let waker = Waker::from(Arc::clone(&self.wakes));
        let cx = &mut Context::from_waker(&waker);
        // A body that waits for it can be dropped, and it goes on.
        let polled = apart(|| polled::within(self.of, || future.as_mut().poll(cx)));
        after.state = Some(match polled {
            Poll::Pending => TaskState::There(future),
            Poll::Ready(output) => TaskState::Over(Some(output)),
        });
    }

    fn take_out(&self) -> Option<BoxFuture<'static, T>> {
        let mut state = self.state.lock();
        if !matches!(*state, TaskState::There(_)) || !self.wakes.is_woken.swap(false, SeqCst) {
            return None;
        }
        match replace(&mut *state, TaskState::Polled) {
            TaskState::There(future) => Some(future),
            _ => None,
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        let state = replace(self.state.get_mut(), TaskState::Over(None));
        apart(|| polled::within(self.of, || drop(state)));
    }
}

/// The state of a task after a poll of its future: over, if that panics.
struct AfterPoll<'t, T> {
    task: &'t Task<T>,
    state: Option<TaskState<T>>,
}

impl<T> Drop for AfterPoll<'_, T> {
    fn drop(&mut self) {
        let is_over = !matches!(self.state, Some(TaskState::There(_)));
        if let Some(state) = self.state.take() {
            *self.task.state.lock() = state;
        }
        // Another waiter can have found the future taken out, after it was woken.
        if is_over || self.task.wakes.is_woken.load(SeqCst) {
            self.task.wakes.waiting.wake_all();
        }
    }
}

/// One of those who wait for the end of a task, and poll it.
pub(super) struct TaskWaiter<T> {
    task: Arc<Task<T>>,
    number: Option<u64>,
}

impl<T: Send + 'static> TaskWaiter<T> {
    pub(super) fn new(task: Arc<Task<T>>) -> Self {
        Self { task, number: None }
    }

    pub(super) fn task(&self) -> &Arc<Task<T>> {
        &self.task
    }

    /// Waits for the end of the task. The output stays there.
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        self.task.wakes.waiting.store(&mut self.number, cx);
        self.task.poll_once();
        if self.task.is_over() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<T> Drop for TaskWaiter<T> {
    fn drop(&mut self) {
        self.task.wakes.waiting.leave(self.number);
    }
}
