//! `ExitStack` and `AsyncExitStack`: order, moving members out, entering.

use crate::{Done, Fault, Log, scope_error};
use futures::executor::block_on;
use std::future::ready;
use std::thread;
use withal::OutcomeKind::{Completed, Failed};
use withal::testing::Event::{Abandoned, EnterDropped, EnterFailed, EnterStarted, Entered, ExitStarted, Exited};
use withal::testing::{Ledger, READY, Script, ScriptedError, Step, Token};
use withal::{BoxError, ExitStack, Outcome, Resource, ResourceExt, Scope, ScopeErrorKind, resource};

const SLOW: Script = Script { enter: READY.pending(1), exit: READY.pending(1) };

// What is registered runs once, the last first.

#[test]
fn a_stack_without_members_enters_and_exits() {
    let was_empty = block_on(ExitStack::new().scope(async |stack| -> Done<bool> { Ok(stack.is_empty()) }));
    assert!(was_empty.unwrap());
}

#[test]
fn callbacks_are_given_the_arguments_that_they_captured() {
    async fn note(log: &Log, numbers: &[u32]) -> Done {
        ready(()).await;
        numbers.iter().try_for_each(|number| log.note(*number))
    }
    let log = &Log::default();
    block_on(ExitStack::new().scope(async |stack| -> Done {
        for numbers in [&[4, 5, 6][..], &[3], &[], &[1, 2]] {
            stack.defer(async move |_| note(log, numbers).await);
        }
        Ok(())
    }))
    .unwrap();
    assert_eq!(log.all(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn what_is_entered_last_is_exited_first() {
    let log = &Log::default();
    block_on(ExitStack::new().scope(async |stack| -> Done {
        stack.defer(async |_| log.note(4));
        stack.enter(resource(async || log.note(1), async |(), _| log.note(3))).await?;
        log.note(2)
    }))
    .unwrap();
    assert_eq!(log.all(), [1, 2, 3, 4]);
}

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

#[test]
fn each_exit_has_ended_before_the_next_begins() {
    let ledger = Ledger::new();
    block_on(ExitStack::new().scope(async |stack| -> Done {
        for id in 0..3 {
            stack.enter(ledger.member(id, SLOW)).await?;
        }
        ledger.clear();
        Ok(())
    }))
    .unwrap();
    let exit = |id| [ExitStarted(id, Completed), Exited(id)];
    assert_eq!(ledger.events(), [exit(2), exit(1), exit(0)].concat());
}

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

// Closed by hand, or elsewhere.

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

#[test]
fn what_is_popped_is_exited_where_it_went() {
    let log = &Log::default();
    block_on(async {
        let popped = ExitStack::new()
            .scope(async |stack| -> Done<ExitStack> {
                stack.defer(async |_| log.note(3));
                let popped = stack.take_all();
                log.add(1);
                Ok(popped)
            })
            .await?;
        log.add(2);
        Ok::<_, BoxError>(popped.close().await?)
    })
    .unwrap();
    assert_eq!(log.all(), [1, 2, 3]);
}

#[test]
fn what_is_popped_outlives_a_body_that_fails() {
    let ledger = Ledger::new();
    let mut popped = ExitStack::new();
    let result = block_on(ExitStack::new().scope(async |stack| -> Done {
        stack.enter(ledger.member(0, SLOW)).await?;
        popped = stack.take_all();
        stack.enter(ledger.member(1, SLOW)).await?;
        Err(Fault(1).into())
    }));
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&Fault(1)));
    assert_eq!(ledger.events()[4..], [ExitStarted(1, Failed), Exited(1)]);
    drop(popped);
    assert_eq!(ledger.events()[6..], [Abandoned(0)]);
}

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

// Entering.

#[test]
fn a_failed_enter_registers_nothing() {
    let ledger = Ledger::new();
    let refused = Script { enter: Step::error(), exit: READY };
    block_on(ExitStack::new().scope(async |stack| -> Done {
        let error = stack.enter(ledger.member(0, refused)).await.unwrap_err();
        assert_eq!(error.kind(), ScopeErrorKind::Set);
        assert_eq!(error.failures().first().unwrap().error().downcast_ref(), Some(&ScriptedError(0)));
        assert!(stack.is_empty());
        Ok(())
    }))
    .unwrap();
    assert_eq!(ledger.events(), [EnterStarted(0), EnterFailed(0)]);
}

#[test]
fn what_had_entered_before_a_failed_enter_is_exited() {
    let ledger = Ledger::new();
    let refused = Script { enter: Step::error(), exit: READY };
    let error = scope_error(block_on(ExitStack::new().scope(async |stack| -> Done {
        stack.enter(ledger.member(0, SLOW)).await?;
        stack.enter(ledger.member(1, refused)).await?;
        unreachable!()
    })));
    assert_eq!(error.kind(), ScopeErrorKind::Set);
    assert_eq!(ledger.events()[2..], [EnterStarted(1), EnterFailed(1), ExitStarted(0, Failed), Exited(0)]);
}

#[test]
fn an_enter_that_is_given_up_registers_nothing() {
    let ledger = Ledger::new();
    let mut stack = block_on(ExitStack::new().enter()).unwrap();
    let mut enter = Box::pin(stack.enter(ledger.member(0, SLOW)));
    assert!(ledger.poll(enter.as_mut()).is_pending());
    drop(enter);
    block_on(stack.take_all().close()).unwrap();
    assert_eq!(ledger.events(), [EnterStarted(0), EnterDropped(0)]);
}

/// Has methods that are called as those of a stack and of its handles.
struct Namesake<'a>(&'a Log);

impl Namesake<'_> {
    fn enter(&self) -> Done {
        self.0.note(1)
    }

    fn exit(&self) -> Done {
        self.0.note(2)
    }

    fn take(&self) -> Done {
        self.0.note(3)
    }
}

#[test]
fn methods_of_a_guard_are_not_taken_for_those_of_its_member() {
    let log = Log::default();
    block_on(ExitStack::new().scope(async |stack| -> Done {
        let guard = stack.adopt(Namesake(&log), async |guard, _| guard.0.note(4));
        guard.enter().and(guard.exit()).and(guard.take())?;
        assert_eq!(stack.len(), 1);
        Ok(())
    }))
    .unwrap();
    assert_eq!(log.all(), [1, 2, 3, 4]);
}

#[test]
fn what_is_entered_by_reference_can_be_entered_again() {
    let ledger = Ledger::new();
    let mut member = ledger.member(0, SLOW);
    for _ in 0..2 {
        block_on(ExitStack::new().scope(async |stack| -> Done {
            stack.enter(&mut member).await?;
            Ok(())
        }))
        .unwrap();
    }
    let once = [EnterStarted(0), Entered(0), ExitStarted(0, Completed), Exited(0)];
    assert_eq!(ledger.events(), [once, once].concat());
}

// Stacks in scopes, and scopes in stacks.

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

#[test]
fn a_stack_in_a_stack_is_emptied_in_its_turn() {
    let log = &Log::default();
    block_on(ExitStack::new().scope(async |outer| -> Done {
        outer.defer(async |_| log.note(4));
        let inner = outer.enter(ExitStack::new()).await?;
        outer.defer(async |_| log.note(1));
        inner.defer(async |_| log.note(3));
        inner.defer(async |_| log.note(2));
        Ok(())
    }))
    .unwrap();
    assert_eq!(log.all(), [1, 2, 3, 4]);
}

// What does not carry over:
// - Entering what is no context manager, and methods that an instance has and its type has not: without an
//   implementation of `Resource` it does not compile. The same goes for enters and exits that are static methods.
// - Pushing what cannot be called, or with arguments that do not fit: a closure captures its arguments, and is typed.
// - That registering returns the callback, and its name, documentation and wrapper: a handle is returned instead.
// - The sync half, `push` and `callback` beside `push_async_exit` and `push_async_callback`: an exit that need not wait
//   is an async closure that does not.
// - Pushing while the stack unwinds: the stack is borrowed by the body, and the body is over. It does not compile.
