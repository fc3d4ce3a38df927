//! The task that enters and exits the members of a scope: polled by the scope, or on the reaper.

use super::Reaped;
use super::exchange::{Exchange, PanicsOnDrop};
use crate::error::{Failures, NameKind, Phase};
use crate::member::{ExitWith, Hold, HoldToken, Root};
use crate::panic_log::{CatchOnDrop, PanicLog};
use crate::resource::Resource;
use crate::scope::{OwnedOutcome, SharedError};
use crate::unwind::{CaughtPanic, catch};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::sync::atomic::Ordering::SeqCst;
use core::task::Poll;

/// Enters and exits the members. It is an async block, which leaves the arguments where they are: an `async fn` would
/// store them twice.
pub(super) fn run<R: Resource + 'static, X: SharedError>(
    resource: R,
    exchange: Arc<Exchange<R::Guard, X>>,
) -> impl Future<Output = ()> + Send + use<R, X> {
    let mut resource = Some(resource);
    async move {
        let panics = PanicLog::new();
        let _on_drop = PanicsOnDrop { panics: &panics, exchange: &exchange };
        let mut error = None;
        let mut resource = CatchOnDrop::new(&mut resource, &panics);
        let mut error = CatchOnDrop::new(&mut error, &panics);
        let mut failures = Failures::default();
        if let Some(resource) = resource.get() {
            let mut root = Root::new(resource.hold(HoldToken), &exchange.state, &panics);
            // A scope that was over before it began enters nothing.
            let all_in = !exchange.outcome.is_set() && root.enter_all().await;
            {
                let _lent = GuardLoan::new(&mut root, &exchange, all_in);
                poll_fn(|_| if exchange.outcome.is_set() { Poll::Ready(()) } else { Poll::Pending }).await;
            }
            let mut within = None;
            if exchange.is_detached.load(SeqCst) {
                if let Some((level, reaper)) = exchange.take_level() {
                    level.reaped(reaper).await;
                    within = Some(level.take_failures());
                }
            }
            let outcome = exchange.outcome.get().filter(|_| all_in);
            if let Some(OwnedOutcome::Failed) = outcome {
                *error.get() = exchange.take_error();
            }
            root.exit(outcome.map_or(ExitWith::RollBack, |outcome| outcome.with(error.get().as_ref()))).await;
            failures = root.take_failures();
            if let Some(within) = within {
                failures.append(within);
            }
        }
        resource.clear();
        add_panics(&mut failures, "resource", &panics);
        if exchange.is_detached.load(SeqCst) {
            let (mut hear, body_panics) = exchange.take_detached();
            let mut hear = CatchOnDrop::new(&mut hear, &panics);
            exchange.state.observer().close(&failures);
            reap(failures, error.get().take(), body_panics).tell(hear.get().as_deref());
        } else if !failures.is_empty() || error.get().is_some() {
            exchange.report(failures, error.get().take());
        }
    }
}

/// Adds panics that have no field of their own in a report.
#[inline]
fn add_panics(failures: &mut Failures, name: &str, panics: &PanicLog) {
    if !panics.is_empty() {
        add_each(failures, name, panics.take());
    }
}

#[cold]
fn add_each(failures: &mut Failures, name: &str, panics: Vec<CaughtPanic>) {
    for panic in panics {
        failures.add_panic(NameKind::OfType(name), Phase::Exit, panic);
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
    add_each(&mut failures, "body", others);
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
        if guard.is_some() {
            exchange.lock().guard = guard;
        }
        exchange.all_in.store(all_in, SeqCst);
        exchange.is_settled.store(true, SeqCst);
        Self { root, exchange, all_in }
    }
}

impl<H: Hold, X> Drop for GuardLoan<'_, '_, H, X> {
    #[inline]
    fn drop(&mut self) {
        if self.all_in {
            let guard = self.exchange.lock().guard.take();
            self.root.put(guard);
        }
    }
}
