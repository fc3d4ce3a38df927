//! The work of members: futures that the driver of a scope polls while their members are up (law `attended`).

mod attendance;
#[cfg(all(test, feature = "std"))]
mod tests;

pub(crate) use attendance::Attendance;

use crate::error::{BoxError, words};
use crate::lock::Mutex;
use crate::nest::apart;
use crate::observe::{PhaseEnd, WorkObserver};
use crate::stamp::Stamp;
use crate::unwind::{CaughtPanic, catch, each, is_panicking, resume};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::mem::{replace, take};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use core::task::{Context, Poll, Waker};
use futures::future::BoxFuture;

/// The work of one member. The scope polls it, and so do the member's own enter and exit, which work by hand, too.
pub(crate) struct Work {
    state: Mutex<WorkState>,
    waker: Arc<WorkWaker>,
    /// Observes the work while the member is up.
    observer: Mutex<Option<Arc<WorkObserver>>>,
    /// The number of the list that polls the work, as members move from one scope to another. No list has the number 0.
    list: AtomicUsize,
    /// Whether the exit of the member has begun. What the work fails with then stops no body.
    is_exiting: AtomicBool,
}

enum WorkState {
    /// It has not begun, or is over and its result was taken.
    Idle,
    Running(BoxFuture<'static, Result<(), BoxError>>),
    /// It was taken out, to be polled.
    Polled,
    /// It was taken out, to be polled, and is dropped after that.
    Cleared,
    /// With its failures, in their order: an error or a panic, and then a panic of the drop of its future.
    Ended(Vec<WorkFault>),
}

/// The failure of some work.
pub(crate) enum WorkFault {
    Error(Stamp, BoxError),
    Panic(CaughtPanic),
}

impl WorkFault {
    fn end(&self) -> PhaseEnd {
        match self {
            Self::Error(..) => PhaseEnd::Failed,
            Self::Panic(_) => PhaseEnd::Panicked,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Error(_, error) => words(&**error),
            Self::Panic(panic) => format!("panicked: {}", panic.payload.message()),
        }
    }
}

/// Who polls the work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Poller {
    /// The scope.
    Scope,
    /// The enter or the exit of the member.
    Member,
}

/// Wakes all who poll the work.
struct WorkWaker {
    is_woken: AtomicBool,
    pollers: Mutex<[Option<Waker>; 2]>,
}

impl WorkWaker {
    fn store(&self, poller: Poller, cx: &Context<'_>) {
        // Cloned and dropped outside of the lock, because wakers run foreign code.
        let waker = cx.waker().clone();
        let replaced = self.pollers.lock()[poller as usize].replace(waker);
        drop(replaced);
    }

    fn wake_pollers(&self) {
        let pollers = take(&mut *self.pollers.lock());
        each(pollers.into_iter().flatten(), Waker::wake);
    }
}

impl Wake for WorkWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, SeqCst);
        self.wake_pollers();
    }
}

impl Work {
    pub(crate) fn new() -> Arc<Self> {
        let waker = WorkWaker { is_woken: AtomicBool::new(false), pollers: Mutex::new([None, None]) };
        Arc::new(Self {
            state: Mutex::new(WorkState::Idle),
            waker: Arc::new(waker),
            observer: Mutex::default(),
            list: AtomicUsize::new(0),
            is_exiting: AtomicBool::new(false),
        })
    }

    /// Records that the exit of the member begins.
    pub(crate) fn note_exit(&self) {
        self.is_exiting.store(true, SeqCst);
    }

    /// Sets who observes the work from now on: nobody unless the member is up.
    pub(crate) fn observe(&self, observer: Option<Arc<WorkObserver>>) {
        *self.observer.lock() = observer;
    }

    /// Begins the work. It is polled next.
    pub(crate) fn begin(&self, work: BoxFuture<'static, Result<(), BoxError>>) {
        self.is_exiting.store(false, SeqCst);
        let before = replace(&mut *self.state.lock(), WorkState::Running(work));
        drop(before);
        Wake::wake_by_ref(&self.waker);
    }

    /// Polls the work, if it was woken. Resolves once it has ended, to `true` if it failed.
    pub(crate) fn poll(&self, poller: Poller, cx: &mut Context<'_>) -> Poll<bool> {
        self.waker.store(poller, cx);
        let mut state = self.state.lock();
        match &mut *state {
            WorkState::Ended(faults) => return Poll::Ready(!faults.is_empty()),
            WorkState::Running(_) if self.waker.is_woken.swap(false, SeqCst) => {}
            WorkState::Running(_) | WorkState::Idle | WorkState::Polled | WorkState::Cleared => return Poll::Pending,
        }
        let WorkState::Running(mut future) = replace(&mut *state, WorkState::Polled) else { return Poll::Pending };
        drop(state);
        let waker = Waker::from(Arc::clone(&self.waker));
        let mut faults = Vec::new();
        match catch(|| apart(|| future.as_mut().poll(&mut Context::from_waker(&waker)))) {
            Ok(Poll::Pending) => {
                self.put_back(future);
                return Poll::Pending;
            }
            Ok(Poll::Ready(Ok(()))) => {}
            Ok(Poll::Ready(Err(error))) => faults.push(WorkFault::Error(Stamp::now(), error)),
            Err(panic) => faults.push(WorkFault::Panic(panic)),
        }
        if let Err(panic) = catch(|| drop(future)) {
            faults.push(WorkFault::Panic(panic));
        }
        let failed = !faults.is_empty();
        if failed {
            self.tell_observer(&faults);
        }
        {
            let mut state = self.state.lock();
            *state = match *state {
                WorkState::Polled => WorkState::Ended(faults),
                _ => WorkState::Idle,
            };
        }
        self.waker.wake_pollers();
        Poll::Ready(failed)
    }

    #[cold]
    fn tell_observer(&self, faults: &[WorkFault]) {
        let observer = self.observer.lock().take();
        if let (Some(observer), Some(end)) = (observer, faults.iter().map(WorkFault::end).max()) {
            observer.failed(end, || faults.iter().map(WorkFault::words).collect::<Vec<_>>().join("; "));
        }
    }

    /// Puts the future back after a poll, unless it was cleared meanwhile.
    fn put_back(&self, future: BoxFuture<'static, Result<(), BoxError>>) {
        let mut state = self.state.lock();
        if let WorkState::Polled = *state {
            *state = WorkState::Running(future);
            drop(state);
            // The other poller can have been woken meanwhile, and have found the future taken out.
            if self.waker.is_woken.load(SeqCst) {
                self.waker.wake_pollers();
            }
        } else {
            drop(state);
            // Whoever cleared it is gone, or waits for this.
            let dropped = catch(|| drop(future));
            *self.state.lock() = WorkState::Idle;
            self.waker.wake_pollers();
            if let Some(panic) = dropped.err().filter(|_| !is_panicking()) {
                resume::<()>(panic.into_payload(), ());
            }
        }
    }

    /// Waits until the work has ended, and [takes](Self::take_end) how.
    pub(crate) async fn end(&self) -> Result<(), WorkFault> {
        poll_fn(|cx| if self.is_idle() { Poll::Ready(false) } else { self.poll(Poller::Member, cx) }).await;
        self.take_end()
    }

    fn is_idle(&self) -> bool {
        matches!(*self.state.lock(), WorkState::Idle)
    }

    /// Takes the failure with which the work has ended: its first panic, or else its error. A second failure stays for
    /// [`take_faults`](Self::take_faults).
    pub(crate) fn take_end(&self) -> Result<(), WorkFault> {
        let mut state = self.state.lock();
        let WorkState::Ended(faults) = &mut *state else { return Ok(()) };
        let panic = faults.iter().position(|fault| matches!(fault, WorkFault::Panic(_)));
        let fault = if faults.is_empty() { Ok(()) } else { Err(faults.remove(panic.unwrap_or(0))) };
        if faults.is_empty() {
            *state = WorkState::Idle;
        }
        fault
    }

    /// Takes the failures, if the work has failed.
    pub(crate) fn take_faults(&self) -> Vec<WorkFault> {
        let mut state = self.state.lock();
        match &mut *state {
            WorkState::Ended(faults) if !faults.is_empty() => {
                let faults = take(faults);
                *state = WorkState::Idle;
                faults
            }
            _ => Vec::new(),
        }
    }

    /// Drops the work. The failures with which it has ended stay for [`take_faults`](Self::take_faults).
    pub(crate) fn clear(&self) {
        let mut state = self.state.lock();
        if let WorkState::Ended(_) = *state {
            return;
        }
        let is_polled = matches!(*state, WorkState::Polled | WorkState::Cleared);
        let before = replace(&mut *state, if is_polled { WorkState::Cleared } else { WorkState::Idle });
        drop(state);
        drop(before);
    }

    /// Waits until work that was cleared is dropped, if another thread polls it.
    pub(crate) async fn cleared(&self) {
        poll_fn(|cx| {
            self.waker.store(Poller::Member, cx);
            if matches!(*self.state.lock(), WorkState::Cleared) { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}
