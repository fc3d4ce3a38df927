//! The tests of `Resource` in cats-effect 3, `ResourceSpec`: the behaviour, not the text.
//!
//! `flatMap` is `then`, `traverse` is `in_order`, `both` is a pair, `allocated` is a stack that leaves its scope, an
//! exit case is an outcome, and a fiber that is cancelled is a scope `until` a signal, or one that is dropped on a
//! reaper.

use crate::{OK, enters, finish, tick, told};
use futures::channel::oneshot;
use futures::executor::block_on;
use futures::future::{Either, select};
use std::future::pending;
use std::pin::pin;
use tokio::sync::OnceCell;
use withal::OutcomeKind::{Cancelled, Completed, EnterFailed, Failed, Released};
use withal::testing::{Event::*, Ledger, READY, Script, Step, Token};
use withal::{
    BoxError, ExitPool, ExitStack, Handle, Outcome, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, Taken,
    around,
};

// Interruption

/// "eval - interruption"
#[test]
fn a_step_that_never_ends_is_given_up_and_the_one_before_it_released() {
    let ledger = Ledger::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let chain = ledger.member(0, OK).then(|_| ledger.member(1, enters(READY.pending(usize::MAX))));
    let mut scope = pin!(Scope::new((chain,).fail_fast()).until(stopped).run(async |_| Ok::<_, ScopeError>(())));
    assert_eq!(tick(&ledger, scope.as_mut()), [EnterStarted(0), Entered(0), EnterStarted(1)]);
    stop.send(()).unwrap();
    assert_eq!(finish(&ledger, scope).unwrap_err().kind(), ScopeErrorKind::Cancelled);
    assert_eq!(ledger.events()[3..], [EnterDropped(1), ExitStarted(0, Cancelled), Exited(0)]);
}

/// "onCancel": "catches inner cancelation"
#[test]
fn a_cancellation_ends_with_the_scope_that_it_cancels() {
    let ledger = Ledger::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let outer = ledger.member(0, OK).scope(async |_| {
        let inner = Scope::new(ledger.member(1, OK)).until(stopped).run(async |_| {
            stop.send(()).ok();
            pending::<Result<(), ScopeError>>().await
        });
        Ok::<_, ScopeError>(inner.await.unwrap_err().kind())
    });
    assert_eq!(block_on(outer).unwrap(), ScopeErrorKind::Cancelled);
    assert_eq!(told(&ledger), [(1, Cancelled), (0, Completed)]);
}

/// "onCancel": "does not extend across the region"
#[test]
fn a_cancellation_does_not_reach_a_scope_that_is_closed() {
    let ledger = Ledger::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let outer = Scope::new(ledger.member(0, OK)).until(stopped).run(async |_| {
        ledger.member(1, OK).scope(async |_| Ok::<_, ScopeError>(())).await?;
        stop.send(()).ok();
        pending::<Result<(), ScopeError>>().await
    });
    assert_eq!(block_on(outer).unwrap_err().kind(), ScopeErrorKind::Cancelled);
    assert_eq!(told(&ledger), [(1, Completed), (0, Cancelled)]);
}

/// "releases resource if interruption happens during use", of a scope in the use: it is released first.
#[test]
fn a_cancellation_releases_a_scope_in_the_body_first() {
    let ledger = Ledger::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let outer = Scope::new(ledger.member(0, OK)).until(stopped).run(async |_| {
        let inner = ledger.member(1, OK).scope(async |_| {
            stop.send(()).ok();
            pending::<Result<(), ScopeError>>().await
        });
        inner.await
    });
    block_on(outer).unwrap_err();
    let released = [ExitStarted(1, Cancelled), Exited(1), ExitStarted(0, Cancelled), Exited(0)];
    assert_eq!(ledger.events()[4..], released);
}

// Scopes in scopes

/// "flatten with finalizers inside-out"
#[test]
fn a_resource_in_a_resource_is_released_from_the_inside() {
    let ledger = Ledger::new();
    let inner = ledger.member(0, OK);
    let both = around(async |lend| {
        ledger.record(EnterStarted(1));
        let kind = lend.through(inner).await?;
        ledger.record(ExitStarted(1, kind));
        Ok(())
    });
    assert_eq!(block_on(both.scope(async |token| Ok::<_, ScopeError>(token.0 + 42))).unwrap(), 42);
    let wanted = [EnterStarted(1), EnterStarted(0), Entered(0), ExitStarted(0, Completed), Exited(0)];
    assert_eq!(ledger.events()[..5], wanted);
    assert_eq!(ledger.events()[5..], [ExitStarted(1, Completed)]);
}

/// "forward inner finalizers into outer scope"
#[test]
fn an_inner_resource_that_moves_out_is_released_with_the_outer_ones() {
    let ledger = Ledger::new();
    let used = block_on(ExitStack::new().scope(async |outer| {
        outer.enter(ledger.member(0, OK)).await?;
        let moved = ExitStack::new().scope(async |inner| {
            let moves = inner.enter(ledger.member(1, OK)).await?;
            inner.enter(ledger.member(2, OK)).await?;
            Ok::<_, BoxError>(Handle::take(moves))
        });
        let moved = outer.enter(Taken::into_resource(moved.await?)).await?;
        assert_eq!((moved.0, told(&ledger)), (1, vec![(2, Completed)]));
        Err::<(), BoxError>("no use".into())
    }));
    assert_eq!(used.unwrap_err().to_string(), "no use");
    assert_eq!(told(&ledger), [(2, Completed), (1, Failed), (0, Failed)]);
    ledger.check().unwrap();
}

/// "allocated produces the same value as the resource", by hand, and the same happens.
#[test]
fn allocated_gives_what_a_scope_gives() {
    for enter in [READY, READY.pending(2), Step::error()] {
        let by_hand = Ledger::new();
        let mut group = (by_hand.member(0, OK), [by_hand.member(1, enters(enter)), by_hand.member(2, OK)]);
        let value = block_on(async {
            let guard = group.enter().await.map_err(|failures| failures.to_string())?;
            let value = sum(&guard);
            group.exit(guard, Outcome::Completed).await.unwrap();
            Ok(value)
        });

        let ledger = Ledger::new();
        let group = (ledger.member(0, OK), [ledger.member(1, enters(enter)), ledger.member(2, OK)]);
        let used = block_on(group.scope(async |guard| Ok::<_, ScopeError>(sum(guard))));
        assert_eq!(value, used.map_err(|error| error.failures().to_string()));
        assert_eq!(by_hand.events(), ledger.events());
    }
}

fn sum((a, [b, c]): &(Token, [Token; 2])) -> usize {
    a.0 + b.0 + c.0
}

/// "use is stack-safe over binds", where all of them fail to be released, and all of that is told.
#[test]
fn a_long_list_of_failures() {
    const LONG: usize = 10_000;
    let ledger = Ledger::new();
    let all: Vec<_> = (0..LONG).map(|id| ledger.member(id, Script { exit: Step::error(), ..OK })).collect();
    let report = block_on(Scope::new(all.in_order()).report(async |_| Ok::<_, ()>(())));
    assert!(report.failures.iter().map(withal::Failure::path).eq((0..LONG).collect::<Vec<_>>().chunks(1)));
    assert_eq!(report.failures.first().unwrap().path(), [LONG - 1], "the last one is released first");
}

// `memoize`: acquired when it is first used, and released at the end. A cell in the body of a stack does that.

/// "does not allocate if not used", "allocates once and releases at end"
#[test]
fn memoized_it_is_acquired_once_and_released_at_the_end() {
    let ledger = Ledger::new();
    let member = ledger.member(0, OK);
    block_on(ExitStack::new().scope(async |stack| {
        let memo = OnceCell::new();
        assert_eq!(ledger.events(), []);
        assert_eq!(memo.get_or_try_init(|| stack.enter(member)).await?.0, 0);
        let again = async || -> Result<_, ScopeError> { unreachable!("it is there") };
        assert_eq!(memo.get_or_try_init(again).await?.0, 0);
        assert_eq!(ledger.events(), [EnterStarted(0), Entered(0)]);
        anyhow::Ok(())
    }))
    .unwrap();
    assert_eq!(ledger.events()[2..], [ExitStarted(0, Completed), Exited(0)]);
}

/// "does not leak if canceled"
#[test]
fn memoized_and_cancelled_on_the_way_it_can_be_had_again() {
    let ledger = Ledger::new();
    let slow = || ledger.member(0, enters(READY.pending(2)));
    let scope = ExitStack::new().scope(async |stack| {
        let memo = OnceCell::new();
        {
            let (hasty, soon) = (pin!(memo.get_or_try_init(|| stack.enter(slow()))), pin!(ledger.pend(1)));
            assert!(matches!(select(hasty, soon).await, Either::Right(_)));
        }
        assert_eq!((ledger.events(), stack.len()), (vec![EnterStarted(0), EnterDropped(0)], 0));
        memo.get_or_try_init(|| stack.enter(slow())).await?;
        anyhow::Ok(())
    });
    finish(&ledger, scope).unwrap();
    assert_eq!(told(&ledger), [(0, Completed)]);
    ledger.check().unwrap();
}

// `race`

/// "two acquisitions, closing the loser and maintaining the winner"
#[test]
fn a_race_gives_up_the_loser_and_keeps_the_winner() {
    let ledger = Ledger::new();
    let (fast, slow) = (ledger.member(0, enters(READY.pending(1))), ledger.member(1, enters(READY.pending(2))));
    let mut scope = pin!(ExitPool::new().scope(async |pool| {
        let Either::Left((winner, loser)) = select(Box::pin(pool.enter(fast)), Box::pin(pool.enter(slow))).await else {
            panic!("the slow one wins");
        };
        drop(loser);
        ledger.pend(1).await;
        Ok::<_, ScopeError>(winner?.0)
    }));
    tick(&ledger, scope.as_mut());
    assert_eq!(tick(&ledger, scope.as_mut()), [Entered(0), EnterDropped(1)]);
    assert_eq!(finish(&ledger, scope).unwrap(), 0);
    assert_eq!(told(&ledger), [(0, Completed)]);
    ledger.check().unwrap();
}

/// "closes the loser eagerly": if both were in by then, the loser is released before the winner is used.
#[test]
fn a_race_that_both_win_releases_one_of_them_at_once() {
    let ledger = Ledger::new();
    let (left, right) = (ledger.member(0, OK), ledger.member(1, OK));
    block_on(ExitPool::new().scope(async |pool| {
        let (left, right) = futures::try_join!(pool.enter(left), pool.enter(right))?;
        Handle::exit(right).await?;
        assert_eq!(ledger.events()[4..], [ExitStarted(1, Released), Exited(1)]);
        assert_eq!((left.0, pool.len()), (0, 1));
        Ok::<_, ScopeError>(())
    }))
    .unwrap();
    assert_eq!(told(&ledger), [(1, Released), (0, Completed)]);
    ledger.check().unwrap();
}

// `combineK`

/// What the first one had acquired is released before the other one is tried.
async fn first_or_second(ledger: &Ledger, use_it: Result<(), BoxError>) -> Result<(), BoxError> {
    let first = ledger.member(0, OK).then(|_| ledger.member(1, enters(Step::error())));
    let stack = ExitStack::new().scope(async |stack| {
        assert!(stack.enter(first).await.is_err());
        assert_eq!(ledger.events().last(), Some(&Exited(0)));
        let second = stack.enter(ledger.member(2, OK)).await?;
        assert_eq!(second.0, 2);
        use_it
    });
    stack.await
}

/// "behave like orElse when underlying effect does", "propagate the exit case"
#[test]
fn a_fallback_is_told_how_the_use_ended() {
    for (use_it, kind) in [(Ok(()), Completed), (Err("no use".into()), Failed)] {
        let ledger = Ledger::new();
        let used = block_on(first_or_second(&ledger, use_it));
        assert_eq!(used.err().map(|error| error.to_string()), (kind == Failed).then(|| "no use".to_owned()));
        assert_eq!(told(&ledger), [(0, EnterFailed), (2, kind)]);
        ledger.check().unwrap();
    }
}

// What does not carry over, and why:
// - `mapK`, `liftK`, `surroundK`, `evalOn`: there is one effect, the future, and a scope runs where it is awaited.
//   For the same reason there is no lookup of the executor in an acquire or a release.
// - `map`, `evalMap` on the value alone: no adaptor changes the guard (law `guard-kept`). `then` adds to it.
// - `surround`, `use_`: a body that ignores its guard.
// - `attempt`, `handleErrorWith`, `orElse` as adaptors: what fails to enter is an `Err` of `stack.enter(..)`, and
//   the body goes on as it likes. What the first of two alternatives had acquired is released before the second one
//   is tried, and told `EnterFailed`; there, it is released at the end, and told how the use ended.
// - The monoid of resources, and `combineK` of an effect that combines otherwise: guards are not combined, but a
//   tuple.
// - `uncancelable` with its `poll`, inside one acquire: whether an acquire may be interrupted is a policy of a
//   group, by `fail_fast`. So is `onCancel` of an acquire: what it would clean up belongs in the enter's own locals.
// - The laws of `MonadCancel` and `Spawn` on effects that are no resources, and `start`: a scope spawns nothing. A
//   fiber in the background is a member whose exit awaits it, as the tasks in `arrow`.
// - `race` as a combinator, and `memoize`: they are a `select`, and a cell, in the body of a pool or stack.
// - `async` and `cont`, whose callback is called in a resource: nothing here is called back.
// - Chains of 50,000 nested binds, and of as many resources within resources: each level of futures that contain
//   each other is a level of the stack, boxed or not, as in all of async Rust. A loop over a stack, or a list, has
//   no levels.
// - Cancelling a scope cancels the scopes in its body, there: they are released, the inner ones first. Here the body
//   is dropped, and so are the scopes in it. A signal that both an outer and an inner scope wait for
//   does not help: as soon as the inner one waits for its exits, the outer one drops it.
