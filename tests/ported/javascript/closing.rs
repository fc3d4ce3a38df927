//! `disposeAsync`.

use super::{SLOW, close, exits, open};
use crate::{Fault, Log, faults};
use futures::executor::block_on;
use futures::join;
use std::pin::pin;
use std::task::Poll;
use withal::OutcomeKind::Released;
use withal::testing::Event::{Abandoned, ExitStarted, Exited};
use withal::testing::{Ledger, READY, Script};
use withal::{Handle, ScopeErrorKind, resource};

#[test]
fn members_of_all_kinds_are_exited_in_reverse() {
    let log = &Log::default();
    let ledger = &Ledger::new();
    let slow = async |number| {
        ledger.pend(2).await;
        log.note(number)
    };
    block_on(async {
        let stack = open().await;
        stack.enter(resource(async || Ok(()), async |(), _| slow(1).await)).await.unwrap();
        stack.enter(resource(async || Ok(()), async |(), _| log.note(2))).await.unwrap();
        stack.adopt(3, async |value, _| slow(value).await);
        stack.adopt(4, async |value, _| log.note(value));
        stack.defer(async |_| slow(5).await);
        stack.defer(async |_| log.note(6));
        close(stack).await.unwrap();
    });
    assert_eq!(log.all(), [6, 5, 4, 3, 2, 1]);
}

#[test]
fn a_stack_with_nothing_to_wait_for_is_closed_in_one_poll() {
    let ledger = Ledger::new();
    let stack = block_on(open());
    let mut empty = pin!(close(stack));
    assert!(matches!(ledger.poll(empty.as_mut()), Poll::Ready(Ok(()))));

    let stack = block_on(open());
    block_on(stack.enter(None::<()>)).unwrap();
    let mut nothing = pin!(close(stack));
    assert!(matches!(ledger.poll(nothing.as_mut()), Poll::Ready(Ok(()))));
}

#[test]
fn closing_begins_when_it_is_polled() {
    let ledger = Ledger::new();
    let mut stack = block_on(open());
    for id in 0..2 {
        block_on(stack.enter(ledger.member(id, SLOW))).unwrap();
    }
    ledger.clear();
    let closing = stack.take_all().close();
    assert!(stack.is_empty() && ledger.events().is_empty());
    drop(closing);
    assert_eq!(ledger.events(), [Abandoned(1), Abandoned(0)]);
}

#[test]
fn what_is_closed_twice_is_exited_once() {
    let ledger = Ledger::new();
    block_on(async {
        let mut stack = open().await;
        stack.enter(ledger.member(0, SLOW)).await.unwrap();
        let (first, second) = (stack.take_all(), stack.take_all());
        assert_eq!((first.len(), second.len()), (1, 0));
        let (first, second) = join!(first.close(), second.close());
        first.and(second).unwrap();
        close(stack).await.unwrap();
    });
    assert_eq!(ledger.events()[2..], exits([0]));
}

#[test]
fn an_exit_that_has_begun_is_not_begun_again() {
    let ledger = Ledger::new();
    let mut stack = block_on(open());
    let exit = READY.pending(2);
    let first = block_on(stack.enter(ledger.member(0, Script { exit, ..SLOW }))).unwrap();
    block_on(stack.enter(ledger.member(1, SLOW))).unwrap();
    ledger.clear();
    {
        let mut early = pin!(Handle::exit(first));
        assert!(ledger.poll(early.as_mut()).is_pending());
    }
    assert_eq!(ledger.events(), [ExitStarted(0, Released)]);
    let mut closing = pin!(stack.take_all().close());
    while ledger.poll(closing.as_mut()).is_pending() {}
    assert_eq!(ledger.events()[1..], [exits([1]), vec![Exited(0)]].concat());
}

#[test]
fn one_error_comes_as_it_is() {
    let log = &Log::default();
    let error = block_on(async {
        let stack = open().await;
        stack.defer(async |_| log.note(2));
        stack.defer(async |_| Err(Fault(1).into()));
        stack.defer(async |_| log.note(1));
        close(stack).await.unwrap_err()
    });
    assert_eq!((error.kind(), error.failures().len()), (ScopeErrorKind::Exit, 1));
    assert_eq!(error.into_failures().into_iter().next().unwrap().into_error().downcast_ref(), Some(&Fault(1)));
    assert_eq!(log.all(), [1, 2]);
}

#[test]
fn of_several_errors_none_is_hidden_behind_another() {
    let error = block_on(async {
        let stack = open().await;
        for number in [1, 2, 3] {
            stack.defer(async move |_| Err(Fault(number).into()));
        }
        close(stack).await.unwrap_err()
    });
    assert_eq!(faults(error.failures()), [1, 2, 3]);
    assert_eq!(
        error.failures().first().unwrap().error().downcast_ref(),
        Some(&Fault(3)),
        "the one on top failed first"
    );
    assert!(error.body().is_none());
}

#[test]
fn an_exit_may_open_a_stack_of_its_own() {
    let log = &Log::default();
    block_on(async {
        let stack = open().await;
        stack.defer(async |_| log.note(4));
        stack.defer(async |_| {
            let inner = open().await;
            inner.defer(async |_| log.note(3));
            inner.defer(async |_| log.note(2));
            log.add(1);
            Ok(close(inner).await?)
        });
        close(stack).await.unwrap();
    });
    assert_eq!(log.all(), [1, 2, 3, 4]);
}

// What does not carry over:
// - A stack that is disposed, the property that says so, and the errors of whoever adds to it, moves it or disposes of
//   it again: `close` takes the stack, so that there is no such state. An open stack has members or it has none.
// - Disposal begins with the call, before it is awaited: futures do nothing before they are polled, as above.
// - A `null` on the stack costs one tick, an empty stack none: neither costs a poll here.
// - Errors nested in `SuppressedError`s: they stand side by side.
// - What the exits return is thrown away: they have nothing to return.
// - Names, lengths and descriptors of properties, constructors, realms, subclasses, a wrong `this`.
