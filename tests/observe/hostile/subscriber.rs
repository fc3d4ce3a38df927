//! Subscribers that panic, and subscribers that run scopes of their own.

use crate::layer::Log;
use crate::world::{poll, quiet, run};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use withal::testing::{Ledger, READY, Script, Step, sweep_drops, sweep_drops_on};
use withal::{BoxError, Reaper, ResourceExt, Scope};

const CALLS: [&str; 7] = ["new", "record", "enter", "exit", "close", "event", "enabled"];

/// Does something whenever it is called for this, or for the nth time.
#[derive(Clone)]
struct Hostile {
    at: Option<&'static str>,
    nth: usize,
    calls: Arc<AtomicUsize>,
    does: Arc<dyn Fn() + Send + Sync>,
}

impl Hostile {
    fn at(call: &'static str, does: impl Fn() + Send + Sync + 'static) -> Self {
        Self { at: Some(call), nth: 0, calls: Arc::default(), does: Arc::new(does) }
    }

    fn nth(nth: usize, does: impl Fn() + Send + Sync + 'static) -> Self {
        Self { at: None, nth, calls: Arc::default(), does: Arc::new(does) }
    }

    fn called(&self, call: &str) {
        let nth = self.calls.fetch_add(1, SeqCst);
        if self.at.map_or(nth == self.nth, |at| at == call) {
            (self.does)();
        }
    }

    fn run<T>(&self, scene: impl FnOnce() -> T) -> T {
        tracing::subscriber::with_default(tracing_subscriber::registry().with(self.clone()), scene)
    }
}

impl<S: Subscriber> Layer<S> for Hostile {
    fn enabled(&self, _: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.called("enabled");
        true
    }

    fn register_callsite(&self, _: &'static Metadata<'static>) -> tracing::subscriber::Interest {
        tracing::subscriber::Interest::sometimes()
    }

    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.called("new");
    }

    fn on_record(&self, _: &Id, _: &Record<'_>, _: Context<'_, S>) {
        self.called("record");
    }

    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.called("event");
    }

    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        self.called("enter");
    }

    fn on_exit(&self, _: &Id, _: Context<'_, S>) {
        self.called("exit");
    }

    fn on_close(&self, _: Id, _: Context<'_, S>) {
        self.called("close");
    }
}

fn panics() {
    panic!("the subscriber, as scripted");
}

/// Everything happens as it does without a subscriber.
fn check(hostile: &Hostile) {
    let ledger = Ledger::new();
    let member = |id, script| ledger.member(id, script);
    let slow = Script { enter: READY.pending(2), exit: READY.pending(2) };
    let stuck = Script { enter: READY, exit: Step::error() };
    let scene = || {
        let scope = Scope::new((member(0, slow), [member(1, stuck), member(2, slow)]));
        scope.report(async |_| {
            ledger.pend(2).await;
            Ok::<_, BoxError>(7)
        })
    };
    hostile.run(|| {
        let report = run(scene());
        assert_eq!((report.body.unwrap().unwrap(), report.failures.len()), (7, 1));
        ledger.check().unwrap();
        ledger.clear();
        assert!(run(sweep_drops(&ledger, scene)) > 5);

        let reaper = Reaper::new(run);
        let scene = || {
            let scope = Scope::new((member(0, slow), member(1, stuck))).on(&reaper);
            scope.report(async |_| {
                ledger.pend(2).await;
                Ok::<_, BoxError>(7)
            })
        };
        assert!(run(sweep_drops_on(&ledger, &reaper, scene)) > 5);
        // Nothing of it has stayed behind as the current span.
        assert!(tracing::Span::current().is_none(), "{:?}", tracing::Span::current());
    });
}

#[test]
fn that_panics_always() {
    quiet();
    for call in CALLS {
        check(&Hostile::at(call, panics));
    }
}

#[test]
fn that_panics_once() {
    quiet();
    for nth in 0..60 {
        check(&Hostile::nth(nth, panics));
    }
}

/// The span is entered on the registry when a layer above it panics.
#[test]
fn that_panics_when_a_span_is_entered() {
    quiet();
    let hostile = Hostile::at("enter", panics);
    hostile.run(|| {
        let body = async |_: &mut _| {
            assert!(tracing::Span::current().is_none());
            anyhow::Ok(())
        };
        run(crate::world::slow("a").scope(body)).unwrap();
    });
}

/// A scope that is dropped while its thread unwinds: a second panic would abort the process.
#[test]
fn that_panics_while_the_thread_does() {
    quiet();
    for call in CALLS {
        let unwound = Hostile::at(call, panics).run(|| {
            catch_unwind(AssertUnwindSafe(|| {
                let mut scope = Box::pin(crate::world::slow("a").scope(async |_| anyhow::Ok(())));
                assert!(poll(scope.as_mut()).is_pending());
                panic!("the test, as scripted");
            }))
        });
        assert!(unwound.is_err());
    }
}

/// Runs a scope within each of its own calls. When it makes spans or is told of events, `tracing` keeps it from hearing
/// of its own; where it is told of enters and the like, it has to see to that itself.
#[test]
fn that_runs_scopes() {
    for call in CALLS {
        let (ran, runs) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
        let count = Arc::clone(&ran);
        check(&Hostile::at(call, move || {
            let guarded = matches!(call, "new" | "event" | "enabled");
            if runs.fetch_add(1, SeqCst) == 0 || guarded {
                run(crate::world::slow("inner").scope(async |_| anyhow::Ok(()))).unwrap();
                count.fetch_add(1, SeqCst);
            }
            runs.fetch_sub(1, SeqCst);
        }));
        assert!(ran.load(SeqCst) > 0, "{call}");
    }
}

/// Polls the very scope that it is told of, as an executor that logs might: the spans are still in turn.
#[test]
fn that_polls_another_scope_of_its_own() {
    type Running = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
    let other: Arc<Mutex<Option<Running>>> = Arc::default();
    let polled = Arc::clone(&other);
    let log = Log::default();
    let polls = Hostile::at("enter", move || {
        // Not while it is polled: then it is not there.
        let running = polled.lock().unwrap().take();
        if let Some(mut running) = running {
            if poll(running.as_mut()).is_pending() {
                *polled.lock().unwrap() = Some(running);
            }
        }
    });
    let subscriber = tracing_subscriber::registry().with(log.clone()).with(polls);
    tracing::subscriber::with_default(subscriber, || {
        let mut running: Running = Box::pin(async {
            crate::world::slow("other").scope(async |_| anyhow::Ok(())).await.unwrap();
        });
        assert!(poll(running.as_mut()).is_pending());
        *other.lock().unwrap() = Some(running);
        run(crate::world::slow("one").scope(async |_| anyhow::Ok(()))).unwrap();
    });
    assert!(other.lock().unwrap().is_none());
    assert!(log.open().is_empty());
}
