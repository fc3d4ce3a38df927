//! The task that enters and exits the members of a scope, and can outlive it.
//!
//! While the scope lives, it polls the task inline. Both share an [`Exchange`]: the task puts the guard there once all
//! members have entered, and the scope returns it with a verdict. If the scope is dropped, the task goes to the reaper
//! with everything that it owns.

use super::exchange::{End, Entering, Exchange, PanicsOnDrop};
use super::reaped::Hear;
use super::{Reaped, Reaper, Task};
use crate::error::{Failures, Name, Phase};
use crate::hold::{EntryState, Hold, Root};
use crate::panic::{Fragile, Panics};
use crate::resource::Resource;
use crate::scope::{Crew, Told, Verdict};
use crate::unwind::{Panic, catch};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::task::{Context, Poll};

/// The scope's side of the exchange, which owns the task.
pub(super) struct Kept<'p, G, X> {
    /// `Some` until the scope is over.
    reaper: Option<Reaper>,
    /// `None` once the task is done or has panicked.
    task: Option<Task>,
    started: bool,
    exchange: Arc<Exchange<G, X>>,
    panics: &'p Panics,
}

impl<'p, G: Send + 'static, X: Told> Kept<'p, G, X> {
    pub(super) fn new<R: Resource<Guard = G> + 'static>(
        reaper: Reaper,
        resource: R,
        state: EntryState,
        panics: &'p Panics,
    ) -> Self {
        let exchange = Arc::new(Exchange::new(state));
        // The task must not own the reaper: its spawner can own the executor, which owns the task.
        let task = keep(resource, Arc::clone(&exchange), reaper.on_failure.clone());
        Self { reaper: Some(reaper), task: Some(Box::pin(task)), started: false, exchange, panics }
    }
}

impl<G, X> Kept<'_, G, X> {
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

impl<G: Send, X: Told> Crew for Kept<'_, G, X> {
    type Guard = G;
    type Told = X;
    type Entering = Entering<G, X>;

    fn entering(&self) -> Entering<G, X> {
        Entering(Arc::clone(&self.exchange))
    }

    async fn enter(&mut self) -> bool {
        self.started = true;
        poll_fn(|cx| {
            let _ = self.poll(cx);
            self.exchange.desk().all_in.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    fn take(&mut self) -> G {
        self.exchange.desk().guard.take().expect("the guard is there when all are in")
    }

    fn put(&mut self, guard: Option<G>) {
        self.exchange.desk().guard = guard;
    }

    async fn exit(&mut self, verdict: Verdict, mut told: Option<&mut Option<X>>) {
        self.started = true;
        {
            let mut desk = self.exchange.desk();
            desk.verdict = Some(verdict);
            desk.told = told.as_mut().and_then(|told| told.take());
            desk.body_panics = self.panics.take_bodys();
        }
        poll_fn(|cx| self.poll(cx)).await;
        let mut desk = self.exchange.desk();
        if let Some(told) = told {
            *told = desk.told.take();
        }
        desk.body_panics.drain(..).for_each(|panic| self.panics.push(panic));
    }

    fn take_failures(&mut self) -> Failures {
        let mut failures = self.exchange.desk().failures.take().unwrap_or_default();
        // Here and not in the drop, so that a panic of the spawner's destructor is not taken for the body's.
        if let Some(reaper) = self.reaper.take() {
            let panics = Panics::new();
            reaper.let_go(&panics);
            for panic in panics.take() {
                failures.add_panic(Name::OfType("reaper"), Phase::Exit, panic);
            }
        }
        failures
    }
}

impl<G, X> Drop for Kept<'_, G, X> {
    fn drop(&mut self) {
        let Some(reaper) = self.reaper.take() else { return };
        match self.task.take() {
            Some(task) if self.started => {
                self.exchange.state.note_cancelled();
                {
                    let mut desk = self.exchange.desk();
                    desk.scope = End::Leaving;
                    // If not all members have entered, they are rolled back, and the verdict is not used.
                    desk.verdict.get_or_insert(Verdict::Cancelled);
                }
                reaper.hand_over(task, self.panics);
            }
            task => self.panics.drop(task),
        }
        // If it is the last handle, this can drop the executor, and with it the task.
        reaper.let_go(self.panics);
        let mut desk = self.exchange.desk();
        desk.scope = End::Gone;
        // A task that was dropped meanwhile left its panics here. They resume like those of a plain scope.
        desk.task_panics.drain(..).for_each(|panic| self.panics.push(panic));
    }
}

async fn keep<R: Resource, X: Told>(resource: R, exchange: Arc<Exchange<R::Guard, X>>, hear: Option<Arc<Hear>>) {
    let panics = Panics::new();
    let _on_drop = PanicsOnDrop { panics: &panics, exchange: &exchange };
    let mut hear = Fragile::new(hear, &panics);
    let mut resource = Fragile::new(Some(resource), &panics);
    let mut told = Fragile::new(None, &panics);
    let mut failures = Failures::default();
    if let Some(resource) = resource.get() {
        let mut root = Root::new(resource.hold(), &exchange.state, &panics);
        root.observe_all();
        // A scope that was over before it began enters nothing.
        let is_over = exchange.desk().verdict.is_some();
        let all_in = !is_over && root.enter().await;
        {
            let _lent = Lent::new(&mut root, &exchange, all_in);
            poll_fn(|_| if exchange.desk().verdict.is_some() { Poll::Ready(()) } else { Poll::Pending }).await;
        }
        let verdict = {
            let mut desk = exchange.desk();
            *told.get() = desk.told.take();
            desk.verdict
        };
        let verdict = verdict.filter(|_| all_in);
        root.exit(verdict.and_then(|verdict| verdict.outcome(told.get().as_ref()))).await;
        failures = root.take_failures();
    }
    resource.clear();
    for panic in panics.take() {
        failures.add_panic(Name::OfType("resource"), Phase::Exit, panic);
    }
    let mut desk = exchange.desk();
    if desk.scope == End::Waiting {
        desk.told = told.get().take();
        desk.failures = Some(failures);
    } else {
        let panics = core::mem::take(&mut desk.body_panics);
        drop(desk);
        exchange.state.observer().close(&failures);
        reap(failures, told.get().take(), panics).tell(hear.get().as_deref());
    }
}

/// Collects the errors and panics for `Reaper::on_failure`, as the caller is gone.
fn reap<X: Told>(mut failures: Failures, told: Option<X>, panics: Vec<Panic>) -> Reaped {
    let mut panics = panics.into_iter();
    let panic = panics.next().map(Panic::into_payload);
    let mut body = None;
    let mut others: Vec<_> = panics.collect();
    if let Some(error) = told {
        match catch(|| error.into_error()) {
            Ok(error) => body = error,
            Err(panic) => others.push(panic),
        }
    }
    for panic in others {
        failures.add_panic(Name::OfType("body"), Phase::Exit, panic);
    }
    Reaped { failures, body, panic }
}

/// Marks the guard as lent to the scope. On drop, the guard returns to the root.
struct Lent<'a, 'p, H: Hold, X> {
    root: &'a mut Root<'p, H>,
    exchange: &'a Exchange<H::Guard, X>,
    all_in: bool,
}

impl<'a, 'p, H: Hold, X> Lent<'a, 'p, H, X> {
    fn new(root: &'a mut Root<'p, H>, exchange: &'a Exchange<H::Guard, X>, all_in: bool) -> Self {
        let guard = all_in.then(|| root.take());
        {
            let mut desk = exchange.desk();
            desk.guard = guard;
            desk.all_in = Some(all_in);
        }
        Self { root, exchange, all_in }
    }
}

impl<H: Hold, X> Drop for Lent<'_, '_, H, X> {
    fn drop(&mut self) {
        if self.all_in {
            let guard = self.exchange.desk().guard.take();
            self.root.put(guard);
        }
    }
}
