//! What goes on a stack: `adopt`, `defer` and `use`.

use super::{SLOW, close, exits, open};
use crate::Log;
use futures::executor::block_on;
use withal::OutcomeKind::EnterFailed;
use withal::testing::Event::{EnterStarted, Entered, ExitStarted, Exited};
use withal::testing::{Ledger, READY, Script, ScriptedError, Step, Token};

// `adopt` and `defer`

#[test]
fn what_is_adopted_is_lent_and_then_given_to_its_exit() {
    let log = Log::default();
    block_on(async {
        let stack = open().await;
        let mut value = stack.adopt(vec![1], async |value, _| value.into_iter().try_for_each(|n| log.note(n)));
        assert_eq!(*value, [1]);
        value.push(2);
        drop(value);
        close(stack).await.unwrap();
    });
    assert_eq!(log.all(), [1, 2]);
}

#[test]
fn anything_can_be_adopted() {
    let ledger = Ledger::new();
    let text = String::from("text");
    block_on(async {
        let stack = open().await;
        stack.adopt((), async |(), _| Ok(()));
        stack.adopt(None::<u32>, async |_, _| Ok(()));
        stack.adopt(&*text, async |_, _| Ok(()));
        stack.adopt(str::len, async |_, _| Ok(()));
        stack.adopt(Box::new(|| 1_u32) as Box<dyn Fn() -> u32 + Send>, async |_, _| Ok(()));
        let member = stack.adopt(ledger.member(0, SLOW), async |_, _| Ok(()));
        drop(member);
        assert_eq!(stack.len(), 6);
        close(stack).await.unwrap();
    });
    assert!(ledger.events().is_empty(), "a resource that is adopted is a value as any other");
}

#[test]
fn each_value_goes_to_its_own_exit_the_last_first() {
    let log = &Log::default();
    block_on(async {
        let stack = open().await;
        stack.adopt(1, async |value, _| log.note(value * 10));
        stack.adopt(2, async |value, _| log.note(value * 100));
        close(stack).await.unwrap();
    });
    assert_eq!(log.all(), [200, 10]);
}

#[test]
fn a_deferred_exit_gives_nothing_to_keep_and_does_not_run_yet() {
    let log = &Log::default();
    block_on(async {
        let stack = open().await;
        let nothing = stack.defer(async |_| log.note(1));
        let () = *nothing;
        drop(nothing);
        stack.defer(async |_| log.note(2));
        assert!(log.all().is_empty());
        close(stack).await.unwrap();
    });
    assert_eq!(log.all(), [2, 1]);
}

// `use`

#[test]
fn what_is_entered_gives_its_guard_and_is_asked_once_for_each_phase() {
    let ledger = Ledger::new();
    block_on(async {
        let stack = open().await;
        let guard = stack.enter(ledger.member(7, SLOW)).await.unwrap();
        assert_eq!(*guard, Token(7));
        drop(guard);
        assert_eq!(ledger.events(), [EnterStarted(7), Entered(7)]);
        close(stack).await.unwrap();
    });
    assert_eq!(ledger.events()[2..], exits([7]));
}

#[test]
fn nothing_can_be_entered_and_lends_nothing() {
    let ledger = Ledger::new();
    block_on(async {
        let stack = open().await;
        let absent = (stack.len() == 1).then(|| ledger.member(0, SLOW));
        assert_eq!(*stack.enter(absent).await.unwrap(), None);
        let present = (stack.len() == 1).then(|| ledger.member(1, SLOW));
        assert_eq!(*stack.enter(present).await.unwrap(), Some(Token(1)));
        close(stack).await.unwrap();
    });
    assert_eq!(ledger.events()[2..], exits([1]));
}

#[test]
fn what_cannot_be_entered_is_not_on_the_stack() {
    let ledger = Ledger::new();
    let refused = Script { enter: Step::error(), exit: READY };
    block_on(async {
        let stack = open().await;
        stack.enter(ledger.member(0, SLOW)).await.unwrap();
        let group = (ledger.member(1, SLOW), ledger.member(2, refused));
        let error = stack.enter(group).await.unwrap_err();
        assert_eq!(error.failures().first().unwrap().error().downcast_ref(), Some(&ScriptedError(2)));
        assert_eq!(stack.len(), 1);
        assert_eq!(ledger.events()[6..], [ExitStarted(1, EnterFailed), Exited(1)]);
        ledger.clear();
        close(stack).await.unwrap();
    });
    assert_eq!(ledger.events(), exits([0]));
}

// What does not carry over:
// - Exits that cannot be called, and values without a method that disposes of them: they do not compile.
// - Getters that are read once, and `Symbol.dispose` in place of a missing `Symbol.asyncDispose`: a trait has its
//   methods, and an exit that need not wait is ready at once.
// - Adding to a stack that is disposed: see the end of `closing`.
