//! `asynccontextmanager`: here `around`, and `resource` or `defer` where the error itself is asked for.

use crate::{Done, Fault, Log, faults, scope_error};
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::BoxFuture;
use futures::lock::Mutex;
use std::sync::{Arc, Weak};
use withal::OutcomeKind::Failed;
use withal::testing::Event::{ExitStarted, Exited};
use withal::testing::{Ledger, Script};
use withal::{
    ExitStack, Failures, OpenStack, Outcome, Phase, ResourceExt, Scope, ScopeError, ScopeErrorKind, around, resource,
};

// A function is up between its two halves.

#[test]
fn the_halves_of_a_function_run_before_and_after_the_body() {
    let log = &Log::default();
    let lends = around(async |lend| {
        log.add(1);
        let (lent, _) = lend.lend(42).await;
        log.note(lent + 1)
    });
    block_on(lends.scope(async |lent| -> Done {
        assert_eq!(log.all(), [1]);
        log.note(*lent)
    }))
    .unwrap();
    assert_eq!(log.all(), [1, 42, 43]);
}

#[test]
fn the_second_half_runs_after_an_error_and_leaves_it_alone() {
    let log = &Log::default();
    let lends = around(async |lend| {
        let ((), kind) = lend.lend(()).await;
        assert_eq!(kind, Failed);
        log.note(1)
    });
    let result = block_on(lends.scope(async |()| -> Done { Err(Fault(9).into()) }));
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&Fault(9)));
    assert_eq!(log.all(), [1]);
}

#[test]
fn an_exit_that_knows_an_error_reads_it_and_votes() {
    let log = &Log::default();
    let handles = resource(
        async || log.note(1),
        async |(), outcome| {
            if let Outcome::Failed(cause) = outcome {
                if let Some(Fault(number)) = cause.downcast_ref() {
                    log.add(*number);
                    cause.suppress();
                }
            }
            Ok(())
        },
    );
    let result = block_on(Scope::new(handles).run_or_suppress(async |()| -> Done { Err(Fault(999).into()) }));
    assert_eq!(result.unwrap(), None);
    assert_eq!(log.all(), [1, 999]);
}

#[test]
fn a_function_that_fails_before_it_lends_fails_to_enter() {
    let early = around::<(), _, _>(async |_lend| Err(Fault(1).into()));
    let error = scope_error(block_on(early.scope(async |()| -> Done { unreachable!() })));
    let failure = error.failures().first().unwrap();
    assert_eq!((failure.phase(), failure.error().downcast_ref()), (Phase::Enter, Some(&Fault(1))));
}

#[test]
fn a_function_that_lends_nothing_fails_to_enter() {
    let idle = around::<(), _, _>(async |_lend| Ok(()));
    let error = scope_error(block_on(idle.scope(async |()| -> Done { unreachable!() })));
    assert_eq!(error.kind(), ScopeErrorKind::Enter);
    assert!(error.to_string().contains("without lending"), "{error}");
}

#[test]
fn a_function_is_entered_once() {
    let mut once = around(async |lend| {
        lend.lend(()).await;
        Ok(())
    });
    let body = async |(): &mut ()| -> Done { Ok(()) };
    block_on((&mut once).scope(body)).unwrap();
    let error = scope_error(block_on(once.scope(body)));
    assert_eq!(error.kind(), ScopeErrorKind::Enter);
    assert!(error.to_string().contains("only once"), "{error}");
}

#[test]
fn what_a_function_drops_before_it_lends_is_gone_in_the_body() {
    let (kept, given) = (Arc::new(0), Arc::new(0));
    let watched = [Arc::downgrade(&kept), Arc::downgrade(&given)];
    let lends = around(async move |lend| {
        drop(given);
        lend.lend(()).await;
        drop(kept);
        Ok(())
    });
    let counts = || watched.each_ref().map(Weak::strong_count);
    assert_eq!(block_on(lends.scope(async |()| -> Done<[usize; 2]> { Ok(counts()) })).unwrap(), [1, 0]);
    assert_eq!(counts(), [0, 0]);
}

// Errors of this crate's own types are nothing special.

#[test]
fn a_body_may_fail_with_the_error_of_another_scope() {
    let refused = || around::<(), _, _>(async |_lend| Err(Fault(1).into()));
    let fails = async || -> Done { refused().scope(async |()| -> Done { Ok(()) }).await };
    let lends = around(async |lend| {
        lend.lend(()).await;
        Ok(())
    });
    let error = scope_error(block_on(lends.scope(async |()| fails().await)));
    assert_eq!((error.kind(), error.failures().len()), (ScopeErrorKind::Enter, 1), "it is not wrapped once more");
    assert_eq!(error.failures().first().unwrap().error().downcast_ref(), Some(&Fault(1)));
}

#[test]
fn a_body_may_fail_with_failures_and_exits_too() {
    let failing = |number| {
        around(async move |lend| {
            lend.lend(()).await;
            Err(Fault(number).into())
        })
    };
    let inner = block_on(failing(1).scope(async |()| Ok::<_, ScopeError>(()))).unwrap_err().into_failures();
    let error = scope_error(block_on(failing(2).scope(async |()| -> Done { Err(inner.into()) })));
    assert_eq!(error.kind(), ScopeErrorKind::BodyAndExit);
    assert!(error.body().unwrap().is::<Failures>());
    assert_eq!(faults(error.failures()), [2]);
}

// A function that wraps others.

/// Runs a body in a scope of its own: what a decorator does.
async fn decorated(entered: &Mutex<bool>, body: impl AsyncFnOnce() -> Done<u32> + Send) -> Done<u32> {
    let around = around(async |lend| {
        *entered.lock().await = true;
        lend.lend(()).await;
        *entered.lock().await = false;
        Ok(())
    });
    around.scope_local(async |()| body().await).await
}

#[test]
fn a_decorated_function_runs_inside_each_time_it_is_called() {
    let entered = Mutex::new(false);
    block_on(async {
        for argument in [1, 2] {
            let called = decorated(&entered, async || -> Done<u32> {
                assert!(*entered.lock().await);
                Ok(argument * 10)
            });
            assert_eq!(called.await.unwrap(), argument * 10);
            assert!(!*entered.lock().await);
        }
        let failed = decorated(&entered, async || -> Done<u32> { Err(Fault(1).into()) });
        assert_eq!(failed.await.unwrap_err().downcast_ref(), Some(&Fault(1)));
        assert!(!*entered.lock().await);
    });
}

#[test]
fn a_function_that_calls_itself_in_its_scope_unwinds_level_by_level() {
    fn recursive(log: &Log, depth: u32) -> BoxFuture<'_, Done> {
        let level = around(async move |lend| {
            log.add(depth);
            let (before, _) = lend.lend(depth).await;
            log.note(before)
        });
        let body = async move |depth: &mut u32| if *depth < 9 { recursive(log, *depth + 1).await } else { Ok(()) };
        level.scope(body).boxed()
    }
    let log = Log::default();
    block_on(recursive(&log, 0)).unwrap();
    assert!(log.all().into_iter().eq((0..10).chain((0..10).rev())));
}

#[test]
fn a_function_lends_a_stack_that_it_has_begun_to_fill() {
    let ledger = &Ledger::new();
    let member = |id| ledger.member(id, Script::default());
    let lends = around(async |lend| {
        let fill = async |stack: &mut OpenStack<'static>| -> Done<ExitStack<'static>> {
            stack.enter(member(1)).await?;
            Ok(stack.take_all())
        };
        let begun = ExitStack::new().scope(fill).await?;
        lend.through(begun).await?;
        Ok(())
    });
    let result = block_on(lends.scope(async |stack| -> Done {
        assert_eq!(stack.len(), 1);
        stack.enter(member(2)).await?;
        ledger.clear();
        Err(Fault(9).into())
    }));
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&Fault(9)));
    let exit = |id| [ExitStarted(id, Failed), Exited(id)];
    assert_eq!(ledger.events(), [exit(2), exit(1)].concat());
}

// A lock is held for as long as the scope is open.

#[test]
fn a_lock_is_held_by_the_body_and_released_after_it() {
    let lock = &Mutex::new(1);
    let locked = || {
        resource(
            async || Ok(lock.lock().await),
            async |guard, _| {
                drop(guard);
                Ok(())
            },
        )
    };
    assert!(lock.try_lock().is_some());
    let was_locked = block_on(locked().scope(async |guard| -> Done<bool> {
        **guard += 1;
        Ok(lock.try_lock().is_none())
    }));
    assert!(was_locked.unwrap());
    assert_eq!(*lock.try_lock().unwrap(), 2);

    let failed = block_on(locked().scope(async |_| -> Done { Err(Fault(1).into()) }));
    assert!(failed.is_err() && lock.try_lock().is_some());
}

// What does not carry over:
// - A second `yield`, and one after an exception: `lend` takes itself, so lending twice does not compile.
// - The exception is thrown into the generator, which catches, replaces or wraps it: the function is told the kind of
//   the outcome only. Who needs the error writes an exit of `resource`, `adopt` or `defer`, as above.
// - `StopIteration`, `StopAsyncIteration` and `RuntimeError` need care there; no error type has a meaning here.
// - A decorator makes its context manager anew for each call; here the function that opens the scope does.
// - Arguments by keyword, arguments that do not fit, attributes and documentation of the decorated function.
// - The abstract base classes, structural subclassing and slots: there is one trait, checked by the compiler.
// - `redirect_stdout`, `chdir` and files: what is put back belongs to the process; the form is that of the lock.
