//! Stack safety: long chains, on the stack that every test has.

use crate::ticks::{OK, exits};
use futures::executor::block_on;
use withal::testing::{Event, Ledger, READY, Scripted, Step};
use withal::{ExitPool, ExitStack, ResourceExt, Scope, ScopeError, in_order};

const LONG: usize = 10_000;

fn members(ledger: &Ledger) -> Vec<Scripted> {
    (0..LONG).map(|id| ledger.member(id, exits(READY.pending(id % 2)))).collect()
}

/// Where something happened first to each, in the order of the events.
fn order(ledger: &Ledger, wanted: impl Fn(usize) -> Event) -> Vec<usize> {
    let id = |event: Event| event.member().filter(|id| event == wanted(*id));
    ledger.events().into_iter().filter_map(id).collect()
}

fn up() -> Vec<usize> {
    (0..LONG).collect()
}

fn down() -> Vec<usize> {
    (0..LONG).rev().collect()
}

/// Each is made from the one before it.
#[test]
fn a_long_chain_of_steps() {
    let ledger = Ledger::new();
    let last = block_on(ExitStack::new().scope(async |stack| {
        let mut next = 0;
        while next < LONG {
            next = stack.enter(ledger.member(next, OK)).await?.0 + 1;
        }
        Ok::<_, ScopeError>(next)
    }));
    assert_eq!(last.unwrap(), LONG);
    assert_eq!(order(&ledger, Event::Entered), up());
    assert_eq!(order(&ledger, Event::Exited), down());
}

#[test]
fn a_long_list_in_order() {
    let ledger = Ledger::new();
    let sum =
        in_order(members(&ledger)).scope(async |all| Ok::<_, ScopeError>(all.iter().map(|id| id.0).sum::<usize>()));
    assert_eq!(block_on(sum).unwrap(), LONG * (LONG - 1) / 2);
    assert_eq!(order(&ledger, Event::Entered), up());
    assert_eq!(order(&ledger, Event::Exited), down());
}

/// All of them fail to be released, and all of that is told.
#[test]
fn a_long_list_of_failures() {
    let ledger = Ledger::new();
    let all: Vec<_> = (0..LONG).map(|id| ledger.member(id, exits(Step::error()))).collect();
    let report = block_on(Scope::new(in_order(all)).report(async |_| Ok::<_, ()>(())));
    assert!(report.failures.iter().map(withal::Failure::path).eq(up().chunks(1)));
    assert_eq!(report.failures.first().unwrap().path(), [LONG - 1], "the last one is released first");
}

#[test]
fn a_long_chain_that_is_allocated() {
    let ledger = Ledger::new();
    let stack = block_on(ExitStack::new().scope(async |stack| {
        for member in members(&ledger) {
            stack.enter(member).await?;
        }
        Ok::<_, ScopeError>(stack.take_all())
    }));
    block_on(stack.unwrap().close()).unwrap();
    assert_eq!(order(&ledger, Event::Exited), down());
}

/// Dropped, as nobody drops a chain in cats-effect.
#[test]
fn a_long_chain_that_is_dropped() {
    let ledger = Ledger::new();
    let mut scope = Box::pin(ExitStack::new().scope(async |stack| {
        for member in members(&ledger) {
            stack.enter(member).await?;
        }
        ledger.pend(1).await;
        Ok::<_, ScopeError>(())
    }));
    assert!(ledger.poll(scope.as_mut()).is_pending());
    drop(scope);
    assert_eq!(order(&ledger, Event::Abandoned), down());
}

/// `onFinalize`, over and over, where all of them may run at once.
#[test]
fn a_long_list_of_finalizers() {
    let ran = std::sync::atomic::AtomicUsize::new(0);
    let pool = ExitPool::new().scope(async |pool| {
        for _ in 0..LONG {
            pool.defer(async |_| {
                ran.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                Ok(())
            });
        }
        Ok::<_, ScopeError>(())
    });
    block_on(pool).unwrap();
    assert_eq!(ran.into_inner(), LONG);
}
