//! `ExitStack` and `AsyncExitStack`: errors of bodies and exits, what becomes of them, and who is told.

use crate::{Done, Fault, Log, faults, scope_error};
use futures::channel::oneshot;
use futures::executor::block_on;
use std::error::Error;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use withal::OutcomeKind::{Cancelled, Completed, Panicked};
use withal::testing::Event::{self, Abandoned, ExitDropped, ExitFailed, ExitPanicked, ExitStarted, Exited};
use withal::testing::{Ledger, READY, Script, Step};
use withal::{BoxError, ExitStack, Outcome, ResourceExt, Scope, ScopeError, ScopeErrorKind, around, suppress};

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

// Suppression.

#[test]
fn an_error_that_no_exit_votes_against_is_returned() {
    let result = block_on(Scope::new(ExitStack::new()).run_or_suppress(async |stack| -> Done {
        stack.defer(async |_| Ok(()));
        Err(Fault(1).into())
    }));
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&Fault(1)));
}

#[test]
fn one_vote_suppresses_the_error_of_the_body() {
    let log = &Log::default();
    let result = block_on(Scope::new(ExitStack::new()).run_or_suppress(async |stack| -> Done {
        stack.defer(async |_| log.note(2));
        stack.defer(tolerate);
        stack.defer(async |_| log.note(1));
        Err(Fault(9).into())
    }));
    assert_eq!(result.unwrap(), None);
    assert_eq!(log.all(), [1, 2], "those before the vote, and those after it");
}

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

// Several errors.

#[test]
fn all_errors_are_kept_and_the_earliest_comes_first() {
    let error = scope_error(block_on(Scope::new(ExitStack::new()).run_or_suppress(async |stack| -> Done {
        for number in [1, 2, 3] {
            stack.defer(async move |_| Err(Fault(number).into()));
        }
        stack.defer(tolerate);
        stack.defer(async |_| Err(Fault(4).into()));
        Err(Fault(5).into())
    })));
    assert_eq!(error.kind(), ScopeErrorKind::BodyAndExit);
    assert_eq!(error.body().unwrap().downcast_ref(), Some(&Fault(5)));
    assert_eq!(faults(error.failures()), [1, 2, 3, 4]);
    assert_eq!(error.failures().first().unwrap().error().downcast_ref(), Some(&Fault(4)));
    assert_eq!(
        error.to_string(),
        "fault 5; could not exit [4] Defer: fault 4; could not exit [2] Defer: fault 3; \
         could not exit [1] Defer: fault 2; could not exit [0] Defer: fault 1"
    );
}

#[test]
fn functions_that_fail_after_they_lent_add_one_error_each() {
    let fails = |number| {
        around(async move |lend| {
            lend.lend(()).await;
            Err(Fault(number).into())
        })
    };
    let error = scope_error(block_on(ExitStack::new().scope(async |stack| -> Done {
        for number in [4, 3, 2] {
            stack.enter(fails(number)).await?;
        }
        Err(Fault(1).into())
    })));
    assert_eq!(error.body().unwrap().downcast_ref(), Some(&Fault(1)));
    assert_eq!(error.failures().len(), 3);
    assert_eq!(faults(error.failures()), [4, 3, 2]);
}

/// An error with an error before it.
#[derive(Debug, thiserror::Error)]
#[error("outer")]
struct Outer(#[source] Fault);

#[test]
fn an_error_keeps_the_source_that_it_had() {
    let error = scope_error(block_on(ExitStack::new().scope(async |stack| -> Done {
        stack.defer(async |_| Err(Outer(Fault(2)).into()));
        stack.defer(async |_| Err(Outer(Fault(1)).into()));
        Err(Outer(Fault(0)).into())
    })));
    let source = |error: &dyn Error| error.source().unwrap().downcast_ref::<Fault>().unwrap().0;
    let sources: Vec<_> = error.failures().iter().map(|failure| source(failure.error())).collect();
    assert_eq!(sources, [2, 1]);
    assert_eq!(source(error.body().unwrap()), 0);
    assert_eq!(source(&error), 0, "the body's error is in the words, and the chain goes on behind it");
}

#[test]
fn an_exit_that_answers_an_error_with_another_is_called_once() {
    let log = &Log::default();
    let answer = async |outcome: Outcome<'_>| {
        log.add(fault(outcome).unwrap());
        Err::<(), BoxError>(Fault(2).into())
    };
    let error = scope_error(block_on(ExitStack::new().scope(async |stack| -> Done {
        stack.defer(answer);
        stack.defer(async |outcome| log.note(fault(outcome).unwrap()));
        Err(Fault(1).into())
    })));
    assert_eq!(log.all(), [1, 1]);
    assert_eq!(error.body().unwrap().downcast_ref(), Some(&Fault(1)));
    assert_eq!(faults(error.failures()), [2]);
}

#[test]
fn an_exit_that_fails_or_panics_keeps_none_of_the_others_from_its_turn() {
    let ledger = Ledger::new();
    let exits = [READY, Step::panic(), Step::error(), READY, Step::panic().pending(1)];
    let panic = catch_unwind(AssertUnwindSafe(|| {
        block_on(ExitStack::new().scope(async |stack| -> Done {
            for (id, exit) in exits.into_iter().enumerate() {
                stack.enter(ledger.member(id, Script { enter: READY, exit })).await?;
            }
            ledger.clear();
            Ok(())
        }))
    }))
    .unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "member 4 panics, as scripted");
    let ends = [ExitPanicked(4), Exited(3), ExitFailed(2), ExitPanicked(1), Exited(0)];
    let started = (0..5).rev().map(|id| ExitStarted(id, Completed));
    let expected: Vec<Event> = started.zip(ends).flat_map(|(start, end)| [start, end]).collect();
    assert_eq!(ledger.events(), expected);
}

#[test]
fn a_panic_of_the_body_goes_through_all_exits_and_cannot_be_voted_away() {
    let log = &Log::default();
    let tell = async |outcome: Outcome<'_>| {
        assert_eq!(outcome.kind(), Panicked);
        log.note(1)
    };
    let panic = catch_unwind(AssertUnwindSafe(|| {
        block_on(Scope::new(ExitStack::new()).run_or_suppress(async |stack| -> Done {
            stack.defer(tell);
            stack.defer(tolerate);
            stack.defer(async |_| Err(Fault(1).into()));
            panic_any(Fault(2))
        }))
    }))
    .unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&Fault(2)));
    assert_eq!(log.all(), [1]);
}

// Cancellation.

#[test]
fn a_cancelled_stack_is_emptied_in_reverse() {
    let ledger = Ledger::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let result = block_on(Scope::new(ExitStack::new()).until(stopped).run(async |stack| -> Done {
        for id in 0..2 {
            stack.enter(ledger.member(id, Script::default())).await?;
        }
        ledger.clear();
        stop.send(()).unwrap();
        pending().await
    }));
    assert_eq!(scope_error(result).kind(), ScopeErrorKind::Cancelled);
    let exit = |id| [ExitStarted(id, Cancelled), Exited(id)];
    assert_eq!(ledger.events(), [exit(1), exit(0)].concat());
}

#[test]
fn a_stack_that_is_dropped_in_the_middle_of_its_exits_abandons_the_rest() {
    let ledger = Ledger::new();
    let mut scope = Box::pin(ExitStack::new().scope(async |stack| -> Done {
        for (id, exit) in [READY, READY, READY.pending(1), READY].into_iter().enumerate() {
            stack.enter(ledger.member(id, Script { enter: READY, exit })).await?;
        }
        ledger.clear();
        Ok(())
    }));
    assert!(ledger.poll(scope.as_mut()).is_pending());
    drop(scope);
    assert_eq!(
        ledger.events(),
        [ExitStarted(3, Completed), Exited(3), ExitStarted(2, Completed), ExitDropped(2), Abandoned(1), Abandoned(0)]
    );
}

// What does not carry over:
// - An exit that returns something true swallows the exception: here it votes, by `cause.suppress()`, and that counts
//   only where the caller asks for votes, by `run_or_suppress`.
// - Exits beneath one that swallows see no exception: here every member is told the same outcome, which is fixed before
//   the first exit. A scope in a scope does it, as above.
// - An exit replaces or swallows the exception of an exit above it: here none is hidden, and none can be voted away.
// - `__context__`, set or reset by hand, and the repair of its chains: failures stand side by side, in a list.
// - Tracebacks, and exceptions that are given as a type alone.
