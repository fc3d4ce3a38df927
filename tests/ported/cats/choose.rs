//! `memoize`, `race`, `combineK`: what is acquired late, or instead of something else, while a scope is open.

use crate::ticks::{OK, enters, finish, tick, told};
use futures::executor::block_on;
use futures::future::{Either, select};
use std::pin::pin;
use tokio::sync::OnceCell;
use withal::OutcomeKind::{Completed, EnterFailed, Failed, Released};
use withal::testing::{Event::*, Ledger, READY, Step};
use withal::{BoxError, ExitPool, ExitStack, Handle, ResourceExt, ScopeError};

// `memoize`: acquired when it is first used, and released at the end. A cell in the body of a stack does that.

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

// `race`: the winner stays, the loser is closed at once.

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

/// If both were in by then, the loser is released before the winner is used.
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

// `combineK` and `orElse`: what the first one had acquired is released before the other one is tried.

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
