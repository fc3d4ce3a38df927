//! `move`, and the statement `await using`.

use super::{SLOW, close, exits, open};
use crate::{Done, Fault, faults, scope_error};
use futures::executor::block_on;
use std::mem;
use withal::OutcomeKind::Failed;
use withal::testing::Event::{EnterFailed, EnterStarted, Entered, ExitStarted, Exited};
use withal::testing::{Ledger, READY, Script, Step, sweep_drops};
use withal::{ExitStack, Handle, OpenStack, Resource, ResourceExt, ScopeError, ScopeErrorKind, in_order, resource};

// `move`

#[test]
fn what_is_moved_is_exited_in_its_order_and_not_before() {
    let ledger = Ledger::new();
    block_on(async {
        let mut old = open().await;
        for id in 0..2 {
            old.enter(ledger.member(id, SLOW)).await.unwrap();
        }
        ledger.clear();
        let new = old.take_all();
        assert_eq!((old.len(), new.len()), (0, 2));
        close(old).await.unwrap();
        assert!(ledger.events().is_empty());
        new.close().await.unwrap();
    });
    assert_eq!(ledger.events(), exits([1, 0]));
}

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

// `await using`

#[test]
fn what_is_declared_in_a_loop_is_exited_before_the_next_turn() {
    let ledger = Ledger::new();
    block_on(async {
        for id in 0..2 {
            ledger.member(id, SLOW).scope(async |_| -> Done { Ok(()) }).await.unwrap();
        }
    });
    let turn = |id| [vec![EnterStarted(id), Entered(id)], exits([id])].concat();
    assert_eq!(ledger.events(), [turn(0), turn(1)].concat());
}

#[test]
fn what_was_declared_before_a_failing_declaration_is_exited() {
    let ledger = Ledger::new();
    let refused = Script { enter: Step::error(), exit: READY };
    let declared = in_order((ledger.member(0, SLOW), ledger.member(1, refused), ledger.member(2, SLOW)));
    let error = scope_error(block_on(declared.scope(async |_| -> Done { unreachable!() })));
    assert_eq!(error.failures().first().unwrap().path(), [1]);
    assert_eq!(ledger.events()[2..4], [EnterStarted(1), EnterFailed(1)]);
    assert!(matches!(ledger.events()[4..], [ExitStarted(0, _), Exited(0)]));
}

#[test]
fn a_body_that_leaves_early_enters_nothing_of_what_follows() {
    let ledger = Ledger::new();
    let leave = block_on(ExitStack::new().scope(async |stack| -> Done<usize> {
        for id in 0..4 {
            let guard = stack.enter(ledger.member(id, SLOW)).await?;
            if guard.0 == 1 {
                return Ok(guard.0);
            }
        }
        unreachable!()
    }));
    assert_eq!(leave.unwrap(), 1);
    assert_eq!(ledger.events()[4..], exits([1, 0]));
}

#[test]
fn errors_of_body_and_exits_are_kept_side_by_side() {
    let exit = |number| resource(async || Ok(()), async move |(), _| Err(Fault(number).into()));
    let declared = in_order((exit(1), exit(2)));
    let error = scope_error(block_on(declared.scope(async |_| -> Done { Err(Fault(3).into()) })));
    assert_eq!(error.kind(), ScopeErrorKind::BodyAndExit);
    assert_eq!(error.body().unwrap().downcast_ref(), Some(&Fault(3)));
    assert_eq!(faults(error.failures()), [1, 2]);
    assert_eq!(error.failures().first().unwrap().error().downcast_ref(), Some(&Fault(2)));
}

// Whenever it is dropped.

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

// What does not carry over:
// - `move` of a stack that is disposed, and of a subclass: there are neither.
// - What `using` binds is constant, is not seen before its declaration, and cannot be a pattern or stand in a `case`: a
//   body is a function, and its argument is borrowed.
// - A block with `await using` awaits even if all is `null`: see the end of `closing`.
// - Resources of a module and of a generator's body: the scope of a generator is tested with those of Python.
