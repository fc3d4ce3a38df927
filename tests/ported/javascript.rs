//! `AsyncDisposableStack` and `await using` of JavaScript, as test262 checks them in
//! `built-ins/AsyncDisposableStack/prototype`.
//!
//! `use` is `enter`, `disposeAsync` is `close`, and `move` is `take_all`.

use crate::{Done, Fault, Log, SLOW, exits};
use futures::executor::block_on;
use futures::join;
use std::mem;
use std::pin::pin;
use std::task::Poll;
use withal::OutcomeKind::Failed;
use withal::testing::Event::{Abandoned, EnterFailed, EnterStarted, ExitStarted, Exited};
use withal::testing::{Ledger, READY, Script, Step, Token, sweep_drops};
use withal::{ExitStack, Handle, OpenStack, Resource, ResourceExt, ScopeError, resource};

/// A stack that stands in a variable and in no scope, and is closed by hand.
async fn open<'a>() -> OpenStack<'a> {
    ExitStack::new().enter().await.unwrap()
}

async fn close(mut stack: OpenStack<'_>) -> Result<(), ScopeError> {
    stack.take_all().close().await
}

// `adopt`, `defer` and `use`

/// `adopt/allows-any-value.js`
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

/// `use/allows-null-value.js`, `use/allows-undefined-value.js`
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

// What does not carry over of these:
// - Exits that cannot be called, and values without a method that disposes of them: they do not compile.
// - Getters that are read once, and `Symbol.dispose` in place of a missing `Symbol.asyncDispose`: a trait has its
//   methods, and an exit that need not wait is ready at once.
// - Adding to a stack that is disposed: `close` takes the stack, so that there is none.

// `disposeAsync`

/// `disposeAsync/disposes-resources-in-reverse-order.js`
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

/// `disposeAsync/resolves-to-undefined.js`
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

/// `disposeAsync/returns-promise.js`: there, it begins with the call.
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

/// `disposeAsync/does-not-reinvoke-disposers-if-already-disposed.js`
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

/// An `await using` within a `[Symbol.asyncDispose]`.
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

// What does not carry over of `disposeAsync`:
// - A stack that is disposed, the property that says so, and the errors of whoever adds to it, moves it or disposes
//   of it again: `close` takes the stack, so that there is no such state. An open stack has members or it has none.
// - Disposal begins with the call, before it is awaited: futures do nothing before they are polled.
// - A `null` on the stack costs one tick, an empty stack none: neither costs a poll here.
// - Errors nested in `SuppressedError`s: they stand side by side.
// - What the exits return is thrown away: they have nothing to return.
// - Names, lengths and descriptors of properties, constructors, realms, subclasses, a wrong `this`.

// `move`

/// `move/async-disposable-stack-move-not-same-objects.js`
#[test]
fn a_stack_that_was_moved_takes_in_more_and_so_does_the_one_that_it_left() {
    let ledger = Ledger::new();
    block_on(async {
        let mut old = open().await;
        old.enter(ledger.member(0, SLOW)).await.unwrap();
        let new = old.take_all().enter().await.unwrap();
        new.enter(ledger.member(1, SLOW)).await.unwrap();
        old.enter(ledger.member(2, SLOW)).await.unwrap();
        ledger.clear();
        close(new).await.unwrap();
        close(old).await.unwrap();
    });
    assert_eq!(ledger.events(), exits([1, 0, 2]));
}

/// Opens all or nothing, and owns what it opened.
struct Plugin<'a> {
    opened: ExitStack<'a>,
}

impl<'a> Plugin<'a> {
    async fn new(ledger: &'a Ledger, enters: [Step; 3]) -> Done<Self> {
        let open = async |stack: &mut OpenStack<'a>| {
            for (id, enter) in enters.into_iter().enumerate() {
                stack.enter(ledger.member(id, Script { enter, ..SLOW })).await?;
            }
            Ok(Self { opened: stack.take_all() })
        };
        ExitStack::new().scope(open).await
    }

    async fn close(self) -> Result<(), ScopeError> {
        self.opened.close().await
    }
}

/// The class with a stack in a field, of the proposal.
#[test]
fn who_opens_several_hands_over_all_or_closes_them() {
    let ledger = Ledger::new();
    block_on(async {
        let plugin = Plugin::new(&ledger, [READY; 3]).await.unwrap();
        ledger.clear();
        plugin.close().await.unwrap();
        assert_eq!(ledger.events(), exits([2, 1, 0]));
        assert!(Plugin::new(&ledger, [READY, READY, Step::error()]).await.is_err());
    });
    let exit = |id| [ExitStarted(id, Failed), Exited(id)];
    assert_eq!(ledger.events()[10..], [[EnterStarted(2), EnterFailed(2)], exit(1), exit(0)].concat());
}

/// Beyond the originals, where nothing is dropped.
#[test]
fn a_stack_that_is_dropped_at_any_poll_has_let_go_of_each_member_once() {
    let ledger = Ledger::new();
    let member = |id| ledger.member(id, SLOW);
    let scene = || async {
        let mut moved = ExitStack::new();
        let result = ExitStack::new().scope(async |stack| -> Done {
            stack.enter(member(0)).await?;
            let early = stack.enter([member(1), member(2)]).await?;
            Handle::exit(early).await?;
            moved = stack.take_all();
            stack.enter(member(3)).await?;
            stack.enter(mem::take(&mut moved)).await?;
            stack.enter(member(4)).await?;
            Err(Fault(1).into())
        });
        assert!(result.await.is_err());
    };
    assert!(block_on(sweep_drops(&ledger, scene)) > 5);
}

// What does not carry over of `move` and `await using`:
// - `move` of a stack that is disposed, and of a subclass: there are neither.
// - What `using` binds is constant, is not seen before its declaration, and cannot be a pattern or stand in a
//   `case`: a body is a function, and its argument is borrowed.
// - A block with `await using` awaits even if all is `null`: that costs no poll here.
// - Resources of a module and of a generator's body: the scope of a generator is tested with those of Python.
