//! The task that enters and exits the members of a scope, and can outlive it.
//!
//! While the scope lives, it polls the task itself, inline. Both meet in an [`Exchange`]: the guard goes to the scope
//! when all are in, and back with a verdict. If the scope is dropped, the task goes to the reaper with what it has.

use super::{Reaped, Reaper, Task};
use crate::error::{Failures, Name, Phase};
use crate::hold::{EntryState, Hold, Root};
use crate::lock::{Mutex, MutexGuard};
use crate::observe::Watch;
use crate::panic::{Fragile, Panic, Panics, catch};
use crate::resource::Resource;
use crate::scope::{Crew, Told, Verdict};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::ops::Deref;
use core::task::Poll;

/// What scope and task hand each other.
struct Exchange<G, X> {
    state: EntryState,
    desk: Mutex<Desk<G, X>>,
}

struct Desk<G, X> {
    all_in: Option<bool>,
    guard: Option<G>,
    verdict: Option<Verdict>,
    told: Option<X>,
    body_panics: Vec<Panic>,
    failures: Option<Failures>,
    orphaned: bool,
}

impl<G, X> Exchange<G, X> {
    fn desk(&self) -> MutexGuard<'_, Desk<G, X>> {
        self.desk.lock()
    }
}

/// The scope's end.
pub(super) struct Kept<'p, G, X> {
    reaper: Reaper,
    /// None once it is done.
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
        watch: &Watch,
    ) -> Self {
        let desk = Desk {
            all_in: None,
            guard: None,
            verdict: None,
            told: None,
            body_panics: Vec::new(),
            failures: None,
            orphaned: false,
        };
        let exchange = Arc::new(Exchange { state, desk: Mutex::new(desk) });
        let task = Box::pin(keep(resource, Arc::clone(&exchange), reaper.clone(), watch.clone()));
        Self { reaper, task: Some(task), started: false, exchange, panics }
    }
}

impl<G, X> Kept<'_, G, X> {
    /// Hands over what is in from the start, and enters nothing.
    pub(super) fn leave(mut self) {
        self.started = true;
    }
}

pub(super) struct Entering<G, X>(Arc<Exchange<G, X>>);

impl<G, X> Deref for Entering<G, X> {
    type Target = EntryState;

    fn deref(&self) -> &EntryState {
        &self.0.state
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
            if let Some(task) = &mut self.task {
                if task.as_mut().poll(cx).is_ready() {
                    self.task = None;
                }
            }
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
            desk.body_panics = self.panics.take();
        }
        poll_fn(|cx| match &mut self.task {
            Some(task) => task.as_mut().poll(cx),
            None => Poll::Ready(()),
        })
        .await;
        self.task = None;
        let mut desk = self.exchange.desk();
        if let Some(told) = told {
            *told = desk.told.take();
        }
        desk.body_panics.drain(..).for_each(|panic| self.panics.push(panic));
    }

    fn take_failures(&mut self) -> Failures {
        self.exchange.desk().failures.take().unwrap_or_default()
    }
}

impl<G, X> Drop for Kept<'_, G, X> {
    fn drop(&mut self) {
        let Some(task) = self.task.take() else { return };
        if !self.started {
            return self.panics.drop(task);
        }
        self.exchange.state.note_cancelled();
        {
            let mut desk = self.exchange.desk();
            desk.orphaned = true;
            // If not all are in, it is not asked for: they are rolled back.
            desk.verdict.get_or_insert(Verdict::Cancelled);
        }
        let taken = self.reaper.hand_over(task, self.panics);
        if !taken || Arc::strong_count(&self.exchange) == 1 {
            // The task is gone. If it has not told the body's panic, nobody will: it resumes here, as that of a plain scope.
            self.exchange.desk().body_panics.drain(..).for_each(|panic| self.panics.push(panic));
        }
    }
}

async fn keep<R: Resource, X: Told>(resource: R, exchange: Arc<Exchange<R::Guard, X>>, reaper: Reaper, watch: Watch) {
    let panics = Panics::new();
    let mut resource = Fragile::new(Some(resource), &panics);
    let mut told = Fragile::new(None, &panics);
    let mut failures = Failures::default();
    if let Some(resource) = resource.get() {
        let mut root = Root::new(resource.hold(), &exchange.state, &panics);
        root.watch(&watch);
        // A scope that is over before it began enters nothing.
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
    if desk.orphaned {
        let panics = core::mem::take(&mut desk.body_panics);
        drop(desk);
        watch.close(&failures);
        reaper.tell(reap(failures, told.get().take(), panics));
    } else {
        desk.told = told.get().take();
        desk.failures = Some(failures);
    }
}

/// Puts together what nobody else can be told.
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

/// The guard in the hands of the scope. When this is dropped, it is back, or goes back.
struct Lent<'a, 'p, H: Hold, X> {
    root: &'a mut Root<'p, H>,
    exchange: &'a Exchange<H::Guard, X>,
    all_in: bool,
}

impl<'a, 'p, H: Hold, X> Lent<'a, 'p, H, X> {
    fn new(root: &'a mut Root<'p, H>, exchange: &'a Exchange<H::Guard, X>, all_in: bool) -> Self {
        {
            let mut desk = exchange.desk();
            desk.guard = all_in.then(|| root.take());
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
