//! `allocated` and `allocatedCase`: the value and its release, in the caller's hands.

use crate::ticks::{OK, enters, exits, failed, told};
use futures::executor::block_on;
use withal::OutcomeKind::{Cancelled, Completed, Failed, Panicked, Released};
use withal::testing::{Event::*, Ledger, READY, Scripted, Step, Token};
use withal::{ExitStack, Handle, Outcome, Phase, Resource, ResourceExt, ScopeError, ScopeErrorKind, Taken};

/// All of them in a stack, or none.
async fn allocated<'a>(members: Vec<Scripted>) -> Result<ExitStack<'a>, ScopeError> {
    let stack = ExitStack::new().scope(async |stack| {
        for member in members {
            stack.enter(member).await?;
        }
        Ok::<_, ScopeError>(stack.take_all())
    });
    stack.await
}

#[test]
fn allocated_releases_nothing_until_it_is_closed() {
    let ledger = Ledger::new();
    let stack = block_on(allocated(vec![ledger.member(0, OK), ledger.member(1, OK)])).unwrap();
    assert_eq!(ledger.events(), [EnterStarted(0), Entered(0), EnterStarted(1), Entered(1)]);
    block_on(stack.close()).unwrap();
    assert_eq!(ledger.events()[4..], [ExitStarted(1, Completed), Exited(1), ExitStarted(0, Completed), Exited(0)]);
}

/// Five at a time, with every choice of those whose release fails.
#[test]
fn allocated_releases_in_reverse_order_whichever_releases_fail() {
    for fails in 0..1 << 5 {
        let ledger = Ledger::new();
        let fails = |id: usize| fails >> id & 1 == 1;
        let exit = |id| if fails(id) { Step::error() } else { READY };
        let members = (0..5).map(|id| ledger.member(id, exits(exit(id)))).collect();
        let closed = block_on(async { allocated(members).await.unwrap().close().await });
        assert_eq!(told(&ledger), [4, 3, 2, 1, 0].map(|id| (id, Completed)));
        let wanted: Vec<_> = (0..5).filter(|id| fails(*id)).map(|id| (Phase::Exit, id)).collect();
        assert_eq!(closed.map_err(|error| failed(error.failures())).err().unwrap_or_default(), wanted);
    }
}

/// Half of it is not allocated: what was in by then is released.
#[test]
fn allocated_that_fails_in_the_middle_leaves_nothing() {
    let ledger = Ledger::new();
    let fails = ledger.member(2, enters(Step::error()));
    let members = vec![ledger.member(0, OK), ledger.member(1, OK), fails, ledger.member(3, OK)];
    let error = block_on(allocated(members)).unwrap_err();
    assert_eq!((error.kind(), failed(error.failures())), (ScopeErrorKind::Set, vec![(Phase::Enter, 2)]));
    // The body of the stack fails with the error of its step.
    assert_eq!(told(&ledger), [(1, Failed), (0, Failed)]);
    ledger.check().unwrap();
}

/// By hand, a group gives the same value as in a scope, and the same happens.
#[test]
fn allocated_gives_what_a_scope_gives() {
    for enter in [READY, READY.pending(2), Step::error()] {
        let by_hand = Ledger::new();
        let mut group = (by_hand.member(0, OK), [by_hand.member(1, enters(enter)), by_hand.member(2, OK)]);
        let value = block_on(async {
            let guard = group.enter().await.map_err(|failures| failed(&failures))?;
            let value = sum(&guard);
            group.exit(guard, Outcome::Completed).await.unwrap();
            Ok(value)
        });

        let ledger = Ledger::new();
        let group = (ledger.member(0, OK), [ledger.member(1, enters(enter)), ledger.member(2, OK)]);
        let used = block_on(group.scope(async |guard| Ok::<_, ScopeError>(sum(guard))));
        assert_eq!(value, used.map_err(|error| failed(error.failures())));
        assert_eq!(by_hand.events(), ledger.events());
    }
}

fn sum((a, [b, c]): &(Token, [Token; 2])) -> usize {
    a.0 + b.0 + c.0
}

#[test]
fn allocated_case_tells_what_the_caller_says() {
    let cases = [Outcome::Completed, Outcome::Cancelled, Outcome::Panicked, Outcome::Released];
    for (outcome, kind) in cases.into_iter().zip([Completed, Cancelled, Panicked, Released]) {
        let ledger = Ledger::new();
        let stack = block_on(allocated(vec![ledger.member(0, OK), ledger.member(1, OK)])).unwrap();
        block_on(stack.close_with(outcome)).unwrap();
        assert_eq!(told(&ledger), [(1, kind), (0, kind)]);
    }
}

/// One of several: the others are released where they were.
#[test]
fn allocated_is_one_of_several() {
    let ledger = Ledger::new();
    block_on(async {
        let taken = ExitStack::new().scope(async |stack| {
            let kept = stack.enter(ledger.member(0, OK)).await?;
            stack.enter(ledger.member(1, OK)).await?;
            anyhow::Ok(Handle::take(kept))
        });
        let taken = taken.await.unwrap();
        assert_eq!((taken.0, told(&ledger)), (0, vec![(1, Completed)]));
        Taken::exit(taken, Outcome::Cancelled).await.unwrap();
    });
    assert_eq!(told(&ledger), [(1, Completed), (0, Cancelled)]);
}
