//! The scope's side of a task that enters and exits its members, and can outlive it.
//!
//! While the scope lives, it polls the task inline. Both share an [`Exchange`]: the task puts the guard there once all
//! members have entered, and the scope returns it with the outcome. If the scope is dropped, the task goes to the
//! reaper with everything that it owns.

use super::Reaper;
use super::exchange::{Detached, EnterStateRef, Exchange};
use super::task::run;
use crate::error::{Failures, NameKind, Phase};
use crate::member::EnterState;
use crate::nest;
use crate::panic_log::PanicLog;
use crate::resource::Resource;
use crate::scope::{Driver, OwnedOutcome, SharedError};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::sync::atomic::Ordering::SeqCst;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// The scope's side of the exchange, which owns the task.
pub(super) struct DetachableTask<'p, G, X, F: Future<Output = ()> + Send + 'static> {
    /// `Some` until the scope is over.
    reaper: Option<Reaper>,
    /// `None` once the task is done or has panicked.
    task: Option<Pin<Box<InPlace<F>>>>,
    started: bool,
    exchange: Arc<Exchange<G, X>>,
    panics: &'p PanicLog,
}

/// Creates the task of a scope.
pub(super) fn detachable<R: Resource + 'static, X: SharedError>(
    reaper: Reaper,
    resource: R,
    state: EnterState,
    panics: &PanicLog,
) -> DetachableTask<'_, R::Guard, X, impl Future<Output = ()> + Send + use<R, X>> {
    let exchange = Arc::new(Exchange::new(state));
    // The task must not own the reaper: its spawner can own the executor, which owns the task.
    let mut task: Pin<Box<InPlace<_>>> = Box::into_pin(Box::default());
    task.as_mut().project().future.set(Some(run(resource, Arc::clone(&exchange))));
    DetachableTask { reaper: Some(reaper), task: Some(task), started: false, exchange, panics }
}

impl<G, X, F: Future<Output = ()> + Send + 'static> DetachableTask<'_, G, X, F> {
    /// Passes members that were entered from the start to the reaper, and enters none.
    pub(super) fn leave(mut self) {
        self.started = true;
    }

    /// Polls the task. A task that panics is dropped, its members are abandoned, and it is not polled again.
    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(mut task) = self.task.take() else { return Poll::Ready(()) };
        let polled = task.as_mut().poll(cx);
        if polled.is_pending() {
            self.task = Some(task);
        }
        polled
    }

    /// Passes the error and the panics of the body to the task, which reports them if it outlives the scope.
    #[cold]
    fn pass_failure(&self, error: Option<&mut Option<X>>) {
        self.exchange.pass_failure(error.and_then(Option::take), self.panics.take_bodys());
    }

    /// Takes the error and the panics of the body back from a task that is over.
    #[cold]
    fn take_failure_back(&self, error: Option<&mut Option<X>>) {
        let (returned, panics) = self.exchange.take_failure_back();
        if let Some(error) = error {
            *error = returned;
        }
        for panic in panics {
            self.panics.push(panic);
        }
    }

    /// Leaves a task that is not over to the reaper.
    #[cold]
    fn leave_to(&mut self, reaper: Reaper) {
        match self.task.take() {
            Some(task) if self.started => {
                self.exchange.state.note_cancelled();
                self.exchange.detach(Detached { hear: reaper.hear(), reaper: reaper.number(), level: nest::level() });
                reaper.hand_over(task, nest::reaping(reaper.number()), self.panics);
            }
            task => self.panics.drop(task),
        }
        // If it is the last handle, this can drop the executor, and with it the task.
        reaper.let_go(|panic| self.panics.push(panic));
        // A task that was dropped meanwhile left its panics here. They resume like those of a plain scope.
        for panic in self.exchange.end() {
            self.panics.push(panic);
        }
    }
}

impl<G: Send, X: SharedError, F: Future<Output = ()> + Send + 'static> Driver for DetachableTask<'_, G, X, F> {
    type Guard = G;
    type Error = X;
    type Entering = EnterStateRef<G, X>;

    fn entering(&self) -> EnterStateRef<G, X> {
        EnterStateRef(Arc::clone(&self.exchange))
    }

    fn enter(&mut self) -> impl Future<Output = bool> + Send {
        self.started = true;
        poll_fn(|cx| {
            let _ = self.poll(cx);
            if self.exchange.is_settled.load(SeqCst) {
                Poll::Ready(self.exchange.all_in.load(SeqCst))
            } else {
                Poll::Pending
            }
        })
    }

    #[inline]
    fn take(&mut self) -> G {
        self.exchange.lock().guard.take().expect("the guard is there when all are in")
    }

    #[inline]
    fn put(&mut self, guard: Option<G>) {
        self.exchange.lock().guard = guard;
    }

    fn exit(&mut self, outcome: OwnedOutcome, mut error: Option<&mut Option<X>>) -> impl Future<Output = ()> + Send {
        self.started = true;
        let has_failed = error.is_some() || self.panics.has_bodys();
        if has_failed {
            self.pass_failure(error.as_deref_mut());
        }
        self.exchange.outcome.set(outcome);
        poll_fn(move |cx| {
            let polled = self.poll(cx);
            if has_failed && polled.is_ready() {
                self.take_failure_back(error.as_deref_mut());
            }
            polled
        })
    }

    #[inline]
    fn take_failures(&mut self) -> Failures {
        let mut failures = self.exchange.take_failures();
        // Here and not in the drop, so that a panic of the spawner's destructor is not taken for the body's.
        if let Some(reaper) = self.reaper.take() {
            reaper.let_go(|panic| failures.add_panic(NameKind::OfType("reaper"), Phase::Exit, panic));
        }
        failures
    }
}

impl<G, X, F: Future<Output = ()> + Send + 'static> Drop for DetachableTask<'_, G, X, F> {
    fn drop(&mut self) {
        if let Some(reaper) = self.reaper.take() {
            self.leave_to(reaper);
        }
    }
}

pin_project! {
    /// A future that is created in its place on the heap: `Box::default` writes that there is none, and the future is
    /// set then. A future that is passed to `Box::new` is created on the stack and copied.
    struct InPlace<F> {
        #[pin]
        future: Option<F>,
    }
}

impl<F> Default for InPlace<F> {
    #[inline]
    fn default() -> Self {
        Self { future: None }
    }
}

impl<F: Future<Output = ()>> Future for InPlace<F> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(future) = self.project().future.as_pin_mut() else { return Poll::Ready(()) };
        future.poll(cx)
    }
}
