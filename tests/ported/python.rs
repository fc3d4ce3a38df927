//! The tests of `contextlib` in `CPython`, `test_contextlib` and `test_contextlib_async`.
//!
//! `asynccontextmanager` is `around`, and `resource` or `defer` where the exit asks for the error; `push` is `adopt`,
//! `callback` is `defer`, `pop_all` is `take_all`, and `aclosing` is `adopt`.

use crate::{Done, Fault, Log, SLOW, faults, reaper, scope_error};
use futures::channel::mpsc::{self, Sender};
use futures::executor::block_on;
use futures::future::BoxFuture;
use futures::lock::Mutex;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, SinkExt, StreamExt};
use std::future::ready;
use std::sync::{Arc, Weak};
use std::thread;
use withal::OutcomeKind::{Cancelled, Completed, Failed};
use withal::testing::Event::{Abandoned, EnterStarted, Entered, ExitStarted, Exited};
use withal::testing::{Ledger, READY, Script, Step, Token};
use withal::{
    ExitStack, Failures, OpenStack, Outcome, Reaper, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, adopt,
    around, resource, suppress,
};

// `asynccontextmanager`

/// `test_nokeepref`
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

/// `test_recursive`
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

/// `test_contextmanager_except_stopiter`: an error of the own machinery is nothing special.
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

/// `test_contextmanager_wrap_runtimeerror`
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

/// `test_decorator`, `test_decorator_with_exception`
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

/// The recipe "Cleaning up in an `__enter__` implementation".
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

/// `LockContextTestCase`
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

// What does not carry over of `asynccontextmanager`:
// - A second `yield`, and one after an exception: `lend` takes itself, so lending twice does not compile.
// - The exception is thrown into the generator, which catches, replaces or wraps it: the function is told the kind
//   of the outcome only. Who needs the error writes an exit of `resource`, `adopt` or `defer`.
// - `StopIteration`, `StopAsyncIteration` and `RuntimeError` need care there; no error type has a meaning here.
// - A decorator makes its context manager anew for each call; here the function that opens the scope does.
// - Arguments by keyword, arguments that do not fit, attributes and documentation of the decorated function.
// - The abstract base classes, structural subclassing and slots: there is one trait, checked by the compiler.
// - `redirect_stdout`, `chdir` and files: what is put back belongs to the process; the form is that of the lock.

// `AsyncExitStack`

/// `test_push`
#[test]
fn what_is_pushed_is_exited_and_never_entered() {
    let ledger = Ledger::new();
    let mut member = ledger.member(3, Script::default());
    block_on(ExitStack::new().scope(async |stack| -> Done {
        stack.adopt(Token(3), async |token, outcome| Ok(member.exit(token, outcome).await?));
        Ok(())
    }))
    .unwrap();
    assert_eq!(ledger.events(), [ExitStarted(3, Completed), Exited(3)]);
}

/// `test_close`
#[test]
fn a_stack_is_closed_by_hand_in_the_middle_of_the_body() {
    let log = &Log::default();
    block_on(ExitStack::new().scope(async |stack| -> Done {
        stack.defer(async |_| log.note(1));
        stack.take_all().close().await?;
        log.add(2);
        stack.defer(async |_| log.note(4)); // it is open all the same
        log.note(3)
    }))
    .unwrap();
    assert_eq!(log.all(), [1, 2, 3, 4]);
}

/// `test_pop_all`, of a stack whose exits are told an error.
#[test]
fn what_is_popped_can_be_told_what_an_exit_is_told_and_may_vote() {
    let log = &Log::default();
    let result = block_on(Scope::new(ExitStack::new()).run_or_suppress(async |stack| -> Done {
        stack.defer(async |outcome| {
            if let Outcome::Failed(cause) = outcome {
                log.add(cause.downcast_ref::<Fault>().unwrap().0);
                cause.suppress();
            }
            Ok(())
        });
        let popped = stack.take_all();
        stack.adopt(popped, async |popped, outcome| Ok(popped.close_with(outcome).await?));
        Err(Fault(7).into())
    }));
    assert_eq!(result.unwrap(), None);
    assert_eq!(log.all(), [7]);
}

/// `test_excessive_nesting`
#[test]
fn ten_thousand_exits_take_no_more_of_the_thread_than_one() {
    let run = || {
        let log = &Log::default();
        let count = 0..10_000;
        block_on(ExitStack::new().scope(async |stack| -> Done {
            for number in count.clone() {
                stack.defer(async move |_| log.note(number));
            }
            let moved = stack.take_all();
            stack.enter(moved).await?; // and from one stack to another
            Ok(())
        }))
        .unwrap();
        assert!(log.all().into_iter().eq(count.rev()));
    };
    thread::Builder::new().stack_size(256 * 1024).spawn(run).unwrap().join().unwrap();
}

async fn nested(ledger: &Ledger, script: Script) -> Done {
    let scope = |id| Scope::new(ledger.member(id, script));
    let innermost = async |_: &mut Token| -> Done { Err(Fault(9).into()) };
    let inner = async |_: &mut Token| -> Done { scope(2).run(innermost).await };
    scope(0).run(async |_| scope(1).run(inner).await).await
}

async fn stacked(ledger: &Ledger, script: Script) -> Done {
    ExitStack::new()
        .scope(async |stack| -> Done {
            for id in 0..3 {
                stack.enter(ledger.member(id, script)).await?;
            }
            Err(Fault(9).into())
        })
        .await
}

/// `test_exit_exception_chaining_reference`
#[test]
fn a_stack_does_what_nested_scopes_do() {
    for exit in [READY, READY.pending(2), Step::error(), Step::error().pending(1)] {
        let script = Script { enter: READY, exit };
        let (one, other) = (Ledger::new(), Ledger::new());
        assert!(block_on(stacked(&one, script)).is_err());
        assert!(block_on(nested(&other, script)).is_err());
        assert_eq!(one.events(), other.events());
        assert_eq!(one.events()[6], ExitStarted(2, Failed));
    }
}

/// An exit that votes against whatever error the body has.
async fn tolerate(outcome: Outcome<'_>) -> Done {
    if let Outcome::Failed(cause) = outcome {
        cause.suppress();
    }
    Ok(())
}

fn fault(outcome: Outcome<'_>) -> Option<u32> {
    match outcome {
        Outcome::Failed(cause) => cause.downcast_ref::<Fault>().map(|fault| fault.0),
        _ => None,
    }
}

/// `test_async_push`
#[test]
fn every_exit_is_told_of_the_error_whoever_votes() {
    let log = &Log::default();
    let tell = async |outcome: Outcome<'_>| log.note(fault(outcome).unwrap());
    let result = block_on(Scope::new(ExitStack::new()).run_or_suppress(async |stack| -> Done {
        stack.defer(tell);
        stack.defer(tolerate);
        stack.adopt((), async |(), outcome| tell(outcome).await);
        Err(Fault(7).into())
    }));
    assert_eq!(result.unwrap(), None);
    assert_eq!(log.all(), [7, 7]);
}

/// `test_exit_suppress`
#[test]
fn who_is_outside_of_a_scope_that_suppresses_is_told_of_success() {
    let told = &Log::default();
    let tell = |outcome: Outcome<'_>| told.note(u32::from(outcome.kind() == Completed));
    block_on(ExitStack::new().scope(async |outer| -> Done {
        outer.defer(async |outcome| tell(outcome));
        let inner = Scope::new(ExitStack::new()).run_or_suppress(async |inner| -> Done {
            inner.defer(async |outcome| tell(outcome));
            inner.defer(tolerate);
            Err(Fault(1).into())
        });
        assert_eq!(inner.await?, None);
        told.note(2)
    }))
    .unwrap();
    assert_eq!(told.all(), [0, 2, 1], "and the body goes on");
}

/// `test_exit_exception_non_suppressing`
#[test]
fn an_error_of_an_exit_is_suppressed_by_no_other_exit() {
    let error = scope_error(block_on(Scope::new(ExitStack::new()).run_or_suppress(async |stack| -> Done {
        stack.defer(async |_| Err(Fault(1).into()));
        stack.defer(tolerate);
        stack.defer(async |_| Err(Fault(2).into()));
        Ok(())
    })));
    assert_eq!(error.kind(), ScopeErrorKind::Exit);
    assert_eq!(faults(error.failures()), [1, 2]);
}

/// `test_exit_exception_chaining_suppress`
#[test]
fn the_errors_of_an_inner_stack_are_suppressed_by_an_outer_scope() {
    let result = block_on(Scope::new(suppress::<ScopeError>()).run_or_suppress(async |()| -> Done {
        let inner = ExitStack::new().scope(async |stack| -> Done {
            stack.defer(async |_| Err(Fault(1).into()));
            stack.defer(async |_| Err(Fault(2).into()));
            Ok(())
        });
        inner.await
    }));
    assert_eq!(result.unwrap(), None);
}

// What does not carry over of `AsyncExitStack`:
// - Entering what is no context manager, and methods that an instance has and its type has not: without an
//   implementation of `Resource` it does not compile. The same goes for enters and exits that are static methods.
// - Pushing what cannot be called, or with arguments that do not fit: a closure captures its arguments, and is
//   typed.
// - That registering returns the callback, and its name, documentation and wrapper: a handle is returned instead.
// - The sync half, `push` and `callback` beside `push_async_exit` and `push_async_callback`: an exit that need not
//   wait is an async closure that does not.
// - Pushing while the stack unwinds: the stack is borrowed by the body, and the body is over. It does not compile.
// - An exit that returns something true swallows the exception: here it votes, by `cause.suppress()`, and that
//   counts only where the caller asks for votes, by `run_or_suppress`.
// - Exits beneath one that swallows see no exception: here every member is told the same outcome, which is fixed
//   before the first exit. A scope in a scope does it.
// - An exit replaces or swallows the exception of an exit above it: here none is hidden, and none can be voted away.
// - `__context__`, set or reset by hand, and the repair of its chains: failures stand side by side, in a list.
// - Tracebacks, and exceptions that are given as a type alone.

// `suppress`, `aclosing`, and generators

/// `test_cm_is_reentrant`
#[test]
fn one_suppress_serves_again_and_inside_itself() {
    let mut ignore = suppress::<Fault>();
    for number in [0, 1, 2] {
        assert!(block_on(Scope::new(&mut ignore).run_or_suppress(async |()| faulty(number))).is_ok());
    }
    let log = Log::default();
    let outer = Scope::new(ignore).run_or_suppress(async |()| -> Done {
        assert_eq!(Scope::new(ignore).run_or_suppress(async |()| faulty(1)).await?, None);
        log.add(1);
        Err(Fault(2).into())
    });
    assert_eq!(block_on(outer).unwrap(), None);
    assert_eq!(log.all(), [1], "the outer body goes on");
}

fn faulty(number: u32) -> Done<u32> {
    if number == 0 { Ok(0) } else { Err(Fault(number).into()) }
}

/// Logs its drop.
struct Inside<'a>(&'a Log);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.add(1);
    }
}

/// An async generator: a future that gives its items through a channel, and is dropped with the stream of them.
fn generator<'a, F: Future<Output = Done> + Send + 'a>(run: impl FnOnce(Sender<u32>) -> F) -> BoxStream<'a, u32> {
    let (items, received) = mpsc::channel(0);
    stream::select(received, run(items).into_stream().filter_map(|_| ready(None))).boxed()
}

/// `test_aclosing_error`, `test_aclosing_bpo41229`
#[test]
fn a_generator_that_is_adopted_has_let_go_of_all_when_the_scope_returns() {
    let log = &Log::default();
    let numbers = generator(async move |mut items| {
        let _inside = Inside(log);
        items.send(1).await?;
        items.send(2).await?;
        Ok(())
    });
    let closing = adopt(numbers, async |numbers, _| {
        drop(numbers);
        Ok(())
    });
    let result = block_on(closing.scope(async |numbers| -> Done {
        assert_eq!(numbers.next().await, Some(1));
        assert!(log.all().is_empty());
        Err(Fault(1).into())
    }));
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&Fault(1)));
    assert_eq!(log.all(), [1]);
}

/// Gives two numbers, with a member up.
fn numbers(ledger: &Ledger, reaper: Option<&Reaper>) -> BoxStream<'static, u32> {
    let (member, reaper) = (ledger.member(0, SLOW), reaper.cloned());
    generator(async move |items| {
        let body = async move |_: &mut _| -> Done {
            let mut items = items;
            items.send(11).await?;
            Ok(items.send(12).await?)
        };
        match reaper {
            Some(reaper) => Scope::new(member).on(&reaper).run(body).await,
            None => member.scope(body).await,
        }
    })
}

/// `test_aclosing`
#[test]
fn a_generator_that_runs_to_its_end_exits_its_member_between_its_last_item_and_the_end() {
    let ledger = Ledger::new();
    let mut numbers = numbers(&ledger, None);
    assert_eq!(block_on(numbers.by_ref().take(2).collect::<Vec<_>>()), [11, 12]);
    assert_eq!(ledger.events(), [EnterStarted(0), Entered(0)]);
    assert_eq!(block_on(numbers.next()), None);
    assert_eq!(ledger.events()[2..], [ExitStarted(0, Completed), Exited(0)]);
}

/// `test_async_gen_propagates_generator_exit`
#[test]
fn a_generator_that_is_left_in_the_middle_abandons_its_member() {
    let ledger = Ledger::new();
    let mut numbers = numbers(&ledger, None);
    assert_eq!(block_on(numbers.next()), Some(11));
    drop(numbers);
    assert_eq!(ledger.events(), [EnterStarted(0), Entered(0), Abandoned(0)]);
}

/// `test_async_gen_propagates_generator_exit`, where the exit is awaited.
#[test]
fn a_generator_that_is_left_in_the_middle_exits_its_member_on_a_reaper() {
    let ledger = Ledger::new();
    let (reaper, tasks) = reaper();
    let mut numbers = numbers(&ledger, Some(&reaper));
    assert_eq!(block_on(numbers.next()), Some(11));
    drop(numbers);
    assert_eq!(reaper.pending(), 1);
    block_on(tasks.recv().unwrap());
    block_on(reaper.idle());
    assert_eq!(ledger.events()[2..], [ExitStarted(0, Cancelled), Exited(0)]);
}

// What does not carry over of these:
// - `suppress` of a base class: errors have no classes. An exit that looks at the cause can match an enum's
//   variants.
// - `suppress` splits exception groups and lets the rest pass: here it does not look into a `ScopeError`, which is
//   suppressed as a whole or not at all.
// - `suppress` without arguments is `()`.
