//! The task that enters and exits the members of a scope, and can outlive it.
//!
//! While the scope lives, it polls the task inline. Both share an [`Exchange`]: the task puts the guard there once all
//! members have entered, and the scope returns it with the outcome. If the scope is dropped, the task goes to the
//! reaper with everything that it owns.

use super::exchange::{EnterStateRef, Exchange, PanicsOnDrop, ScopeSide};
use super::reaped::Hear;
use super::{Reaped, Reaper, Task};
use crate::error::{Failures, NameKind, Phase};
use crate::member::{EnterState, ExitWith, Hold, HoldToken, Root};
use crate::nest;
use crate::panic_log::{CatchOnDrop, PanicLog};
use crate::resource::Resource;
use crate::scope::{Driver, OwnedOutcome, SharedError};
use crate::unwind::{CaughtPanic, catch};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::task::{Context, Poll};

/// The scope's side of the exchange, which owns the task.
pub(super) struct DetachableTask<'p, G, X> {
    /// `Some` until the scope is over.
    reaper: Option<Reaper>,
    /// `None` once the task is done or has panicked.
    task: Option<Task>,
    started: bool,
    exchange: Arc<Exchange<G, X>>,
    panics: &'p PanicLog,
}

impl<'p, G: Send + 'static, X: SharedError> DetachableTask<'p, G, X> {
    pub(super) fn new<R: Resource<Guard = G> + 'static>(
        reaper: Reaper,
        resource: R,
        state: EnterState,
        panics: &'p PanicLog,
    ) -> Self {
        let exchange = Arc::new(Exchange::new(state));
        // The task must not own the reaper: its spawner can own the executor, which owns the task.
        let task = run(resource, Arc::clone(&exchange), reaper.on_failure.clone(), reaper.number());
        Self { reaper: Some(reaper), task: Some(Box::pin(task)), started: false, exchange, panics }
    }
}

impl<G, X> DetachableTask<'_, G, X> {
    /// Passes members that were entered from the start to the reaper, and enters none.
    pub(super) fn leave(mut self) {
        self.started = true;
    }

    /// Polls the task. A task that panics is dropped, its members are abandoned, and it is not polled again.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(mut task) = self.task.take() else { return Poll::Ready(()) };
        let polled = task.as_mut().poll(cx);
        if polled.is_pending() {
            self.task = Some(task);
        }
        polled
    }
}

impl<G: Send, X: SharedError> Driver for DetachableTask<'_, G, X> {
    type Guard = G;
    type Error = X;
    type Entering = EnterStateRef<G, X>;

    fn entering(&self) -> EnterStateRef<G, X> {
        EnterStateRef(Arc::clone(&self.exchange))
    }

    async fn enter(&mut self) -> bool {
        self.started = true;
        poll_fn(|cx| {
            let _ = self.poll(cx);
            self.exchange.lock().all_in.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    fn take(&mut self) -> G {
        self.exchange.lock().guard.take().expect("the guard is there when all are in")
    }

    fn put(&mut self, guard: Option<G>) {
        self.exchange.lock().guard = guard;
    }

    async fn exit(&mut self, outcome: OwnedOutcome, mut error: Option<&mut Option<X>>) {
        self.started = true;
        {
            let mut shared = self.exchange.lock();
            shared.outcome = Some(outcome);
            shared.error = error.as_mut().and_then(|error| error.take());
            shared.body_panics = self.panics.take_bodys();
        }
        poll_fn(|cx| self.poll(cx)).await;
        let mut shared = self.exchange.lock();
        if let Some(error) = error {
            *error = shared.error.take();
        }
        shared.body_panics.drain(..).for_each(|panic| self.panics.push(panic));
    }

    fn take_failures(&mut self) -> Failures {
        let mut failures = self.exchange.lock().failures.take().unwrap_or_default();
        // Here and not in the drop, so that a panic of the spawner's destructor is not taken for the body's.
        if let Some(reaper) = self.reaper.take() {
            let panics = PanicLog::new();
            reaper.let_go(&panics);
            for panic in panics.take() {
                failures.add_panic(NameKind::OfType("reaper"), Phase::Exit, panic);
            }
        }
        failures
    }
}

impl<G, X> Drop for DetachableTask<'_, G, X> {
    fn drop(&mut self) {
        let Some(reaper) = self.reaper.take() else { return };
        match self.task.take() {
            Some(task) if self.started => {
                self.exchange.state.note_cancelled();
                {
                    let mut shared = self.exchange.lock();
                    shared.scope = ScopeSide::Leaving;
                    shared.level = nest::level();
                    // If not all members have entered, they are rolled back, and the outcome is not used.
                    shared.outcome.get_or_insert(OwnedOutcome::Cancelled);
                }
                reaper.hand_over(task, nest::reaping(reaper.number()), self.panics);
            }
            task => self.panics.drop(task),
        }
        // If it is the last handle, this can drop the executor, and with it the task.
        reaper.let_go(self.panics);
        let mut shared = self.exchange.lock();
        shared.scope = ScopeSide::Gone;
        // A task that was dropped meanwhile left its panics here. They resume like those of a plain scope.
        shared.task_panics.drain(..).for_each(|panic| self.panics.push(panic));
    }
}

async fn run<R: Resource, X: SharedError>(
    resource: R,
    exchange: Arc<Exchange<R::Guard, X>>,
    hear: Option<Arc<Hear>>,
    reaper: usize,
) {
    let panics = PanicLog::new();
    let _on_drop = PanicsOnDrop { panics: &panics, exchange: &exchange };
    let (mut hear, mut resource, mut error) = (hear, Some(resource), None);
    let mut hear = CatchOnDrop::new(&mut hear, &panics);
    let mut resource = CatchOnDrop::new(&mut resource, &panics);
    let mut error = CatchOnDrop::new(&mut error, &panics);
    let mut failures = Failures::default();
    if let Some(resource) = resource.get() {
        let mut root = Root::new(resource.hold(HoldToken), &exchange.state, &panics);
        // A scope that was over before it began enters nothing.
        let is_over = exchange.lock().outcome.is_some();
        let all_in = !is_over && root.enter_all().await;
        {
            let _lent = GuardLoan::new(&mut root, &exchange, all_in);
            poll_fn(|_| if exchange.lock().outcome.is_some() { Poll::Ready(()) } else { Poll::Pending }).await;
        }
        let mut within = Failures::default();
        let (outcome, level) = {
            let mut shared = exchange.lock();
            *error.get() = shared.error.take();
            (shared.outcome, shared.level.take())
        };
        if let Some(level) = level {
            level.reaped(reaper).await;
            within = level.take_failures();
        }
        let outcome = outcome.filter(|_| all_in);
        root.exit(outcome.map_or(ExitWith::RollBack, |outcome| outcome.with(error.get().as_ref()))).await;
        failures = root.take_failures();
        failures.append(within);
    }
    resource.clear();
    for panic in panics.take() {
        failures.add_panic(NameKind::OfType("resource"), Phase::Exit, panic);
    }
    let mut shared = exchange.lock();
    if shared.scope == ScopeSide::Waiting {
        shared.error = error.get().take();
        shared.failures = Some(failures);
    } else {
        let panics = core::mem::take(&mut shared.body_panics);
        drop(shared);
        exchange.state.observer().close(&failures);
        reap(failures, error.get().take(), panics).tell(hear.get().as_deref());
    }
}

/// Collects the errors and panics for `Reaper::on_failure`, as the caller is gone.
fn reap<X: SharedError>(mut failures: Failures, error: Option<X>, panics: Vec<CaughtPanic>) -> Reaped {
    let mut panics = panics.into_iter();
    let panic = panics.next().map(CaughtPanic::into_payload);
    let mut body = None;
    let mut others: Vec<_> = panics.collect();
    if let Some(error) = error {
        match catch(|| error.into_error()) {
            Ok(error) => body = error,
            Err(panic) => others.push(panic),
        }
    }
    for panic in others {
        failures.add_panic(NameKind::OfType("body"), Phase::Exit, panic);
    }
    Reaped { failures, body, panic }
}

/// Marks the guard as lent to the scope. On drop, the guard returns to the root.
struct GuardLoan<'a, 'p, H: Hold, X> {
    root: &'a mut Root<'p, H>,
    exchange: &'a Exchange<H::Guard, X>,
    all_in: bool,
}

impl<'a, 'p, H: Hold, X> GuardLoan<'a, 'p, H, X> {
    fn new(root: &'a mut Root<'p, H>, exchange: &'a Exchange<H::Guard, X>, all_in: bool) -> Self {
        let guard = all_in.then(|| root.take());
        {
            let mut shared = exchange.lock();
            shared.guard = guard;
            shared.all_in = Some(all_in);
        }
        Self { root, exchange, all_in }
    }
}

impl<H: Hold, X> Drop for GuardLoan<'_, '_, H, X> {
    fn drop(&mut self) {
        if self.all_in {
            let guard = self.exchange.lock().guard.take();
            self.root.put(guard);
        }
    }
}
