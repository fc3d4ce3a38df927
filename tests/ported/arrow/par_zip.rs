//! `parZip` in a `resourceScope`: two branches at once, each with resources of its own. And `parMap`.

use super::{Heard, hears};
use crate::ticks::{OK, enters, failed, finish, tick, told};
use futures::channel::oneshot;
use futures::executor::block_on;
use std::future::pending;
use std::pin::pin;
use withal::OutcomeKind::{Cancelled, Completed, EnterFailed, Failed};
use withal::testing::{Event::*, Ledger, READY, Script, Step, Token};
use withal::{
    BoxError, BoxResource, ExitPool, InOrder, OutcomeKind, Phase, ResourceExt, Scope, ScopeError, ScopeErrorKind,
    defer, in_order, resource,
};

/// What one branch acquires, step by step.
type Branch<'a> = InOrder<Vec<BoxResource<'a, Token>>>;

fn branch<'a>(steps: impl IntoIterator<Item = BoxResource<'a, Token>>) -> Branch<'a> {
    in_order(steps.into_iter().collect())
}

fn ten(ledger: &Ledger, script: Script) -> impl Iterator<Item = BoxResource<'static, Token>> {
    (0..10).map(move |id| ledger.member(id, script).boxed())
}

/// A step that only happens.
fn step<'a>(happens: impl Future<Output = Result<(), BoxError>> + Send + 'a) -> BoxResource<'a, Token> {
    let enter = async || happens.await.map(|()| Token(usize::MAX));
    resource(enter, async |_, _| Ok(())).boxed()
}

/// A step that is released, and hears why.
fn heard_by(heard: &Heard) -> BoxResource<'_, Token> {
    resource(
        async || Ok(Token(usize::MAX)),
        async |_, outcome| {
            heard.lock().unwrap().push(super::heard(outcome));
            Ok(())
        },
    )
    .boxed()
}

/// The two of them, with the first one on the left or on the right.
fn sides<T>(first_is_left: bool, first: T, second: T) -> [T; 2] {
    if first_is_left { [first, second] } else { [second, first] }
}

const SIDES: [bool; 2] = [true, false];

fn last_to_first(kind: OutcomeKind) -> Vec<(usize, OutcomeKind)> {
    (0..10).rev().map(|id| (id, kind)).collect()
}

/// `parZipSuccess`
#[test]
fn branches_acquire_at_once_in_one_scope() {
    let ledger = Ledger::new();
    let slow = enters(READY.pending(1));
    let list = |from: usize| in_order((from..from + 10).map(|id| ledger.member(id, slow)).collect::<Vec<_>>());
    let (left, right) = (list(0), list(10));
    let mut scope = pin!(ExitPool::new().scope(async |pool| {
        let (left, right) = futures::try_join!(pool.enter(left), pool.enter(right))?;
        Ok::<_, ScopeError>(left.iter().chain(&*right).map(|token| token.0).sum::<usize>())
    }));
    assert_eq!(tick(&ledger, scope.as_mut()), [EnterStarted(0), EnterStarted(10)]);
    assert_eq!(tick(&ledger, scope.as_mut()), [Entered(0), EnterStarted(1), Entered(10), EnterStarted(11)]);
    assert_eq!(finish(&ledger, scope).unwrap(), (0..20).sum());
    ledger.check().unwrap();
}

/// `parZipFinalizersBlow`
#[test]
fn a_branch_that_fails_releases_its_ten() {
    for side in SIDES {
        let ledger = Ledger::new();
        let fails = branch(ten(&ledger, OK).chain([step(async { Err("out of luck".into()) })]));
        let error = block_on(sides(side, fails, branch([])).scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
        assert_eq!(error.failures().first().unwrap().error().to_string(), "out of luck");
        assert_eq!(told(&ledger), last_to_first(EnterFailed));
        ledger.check().unwrap();
    }
}

/// `parZipFinalizersCancel`
#[test]
fn a_branch_that_cancels_releases_its_ten() {
    for side in SIDES {
        let ledger = Ledger::new();
        let (stop, stopped) = oneshot::channel::<()>();
        let cancels = branch(ten(&ledger, OK).chain([step(async { stop.send(()).map_err(|()| "late".into()) })]));
        let members = sides(side, cancels, branch([]));
        let used = block_on(Scope::new(members).until(stopped).run(async |_| Ok::<_, ScopeError>(())));
        assert_eq!(used.unwrap_err().kind(), ScopeErrorKind::Cancelled);
        assert_eq!(told(&ledger), last_to_first(Cancelled));
        ledger.check().unwrap();
    }
}

/// `parZipFinalizersLeftOrRightCancellation`: one branch is in with all it has when the other one fails, and is
/// released.
#[test]
fn a_branch_that_is_in_is_released_when_the_other_one_fails() {
    for side in SIDES {
        let ledger = Ledger::new();
        let (latch, is_in) = oneshot::channel::<()>();
        let first = branch(ten(&ledger, OK).chain([step(async { latch.send(()).map_err(|()| "alone".into()) })]));
        let second = branch([step(async {
            is_in.await?;
            Err("out of luck".into())
        })]);
        block_on(sides(side, first, second).scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
        assert_eq!(told(&ledger), last_to_first(EnterFailed));
        ledger.check().unwrap();
    }
}

/// `parZip..ErrorOnAcquire`: the other one is told with what.
#[test]
fn an_error_of_an_acquire_is_told_to_the_other_branch() {
    for side in SIDES {
        let heard = Heard::default();
        let fails = branch([step(async {
            Ledger::new().pend(1).await; // by then, the other one is in
            Err("out of luck".into())
        })]);
        let members = sides(side, branch([heard_by(&heard)]), fails);
        block_on(members.scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
        assert_eq!(heard.into_inner().unwrap(), [(EnterFailed, Some("\"out of luck\"".to_owned()))]);
    }
}

/// `parZip..CancellationExceptionOnAcquire`: cancelled from outside, as one cannot cancel the other; both settle.
#[test]
fn a_cancellation_of_an_acquire_is_told_to_the_other_branch() {
    for side in SIDES {
        let ledger = Ledger::new();
        let heard = Heard::default();
        let waits = branch([step(async {
            ledger.pend(2).await;
            Ok(())
        })]);
        let members = sides(side, branch([heard_by(&heard)]), waits);
        let scope = Scope::new(members).until(ledger.pend(1)).run(async |_| Ok::<_, ScopeError>(()));
        assert_eq!(finish(&ledger, scope).unwrap_err().kind(), ScopeErrorKind::Cancelled);
        assert_eq!(heard.into_inner().unwrap(), [(Cancelled, None)]);
    }
}

/// `parZip..ErrorOnRelease`: the other one is released all the same, and told that all went well.
#[test]
fn an_error_of_a_release_keeps_nothing_from_the_other_branch() {
    for side in SIDES {
        let heard = Heard::default();
        let members = sides(side, hears(&heard).boxed(), defer(async |_| Err("stuck".into())).boxed());
        let report = block_on(Scope::new(members).report(async |_| Ok::<_, ()>(7)));
        assert_eq!(report.body, Some(Ok(7)));
        let failure = report.failures.first().unwrap();
        assert_eq!((failure.error().to_string(), failure.path()), ("stuck".to_owned(), &[usize::from(side)][..]));
        assert_eq!(heard.into_inner().unwrap(), [(Completed, None)]);
    }
}

/// `parZip..CancellationExceptionOnRelease`: here a cancellation that comes that late changes nothing.
#[test]
fn a_release_that_cancels_changes_nothing() {
    for side in SIDES {
        let ledger = Ledger::new();
        let heard = Heard::default();
        let (stop, stopped) = oneshot::channel::<()>();
        let cancels = defer(async |_| {
            stop.send(()).ok();
            ledger.pend(2).await;
            Ok(())
        });
        let members = sides(side, hears(&heard).boxed(), cancels.boxed());
        let scope = Scope::new(members).until(stopped).run(async |_| Ok::<_, ScopeError>(7));
        assert_eq!(finish(&ledger, scope).unwrap(), 7);
        assert_eq!(heard.into_inner().unwrap(), [(Completed, None)]);
    }
}

/// `parZipErrorInUse`, `parZipCancellationInUse`: both branches hear the same.
#[test]
fn both_branches_are_told_how_the_use_ended() {
    let heard = Heard::default();
    let members = || [branch([heard_by(&heard)]), branch([heard_by(&heard)])];
    let used = block_on(members().scope(async |_| Err::<(), BoxError>("no use".into())));
    assert_eq!(used.unwrap_err().to_string(), "no use");
    let failed = (Failed, Some("no use".to_owned()));
    assert_eq!(std::mem::take(&mut *heard.lock().unwrap()), [failed.clone(), failed]);

    let ledger = Ledger::new();
    let scope = Scope::new(members()).until(ledger.pend(2)).run(async |_| pending::<Result<(), ScopeError>>().await);
    assert_eq!(finish(&ledger, scope).unwrap_err().kind(), ScopeErrorKind::Cancelled);
    assert_eq!(*heard.lock().unwrap(), [(Cancelled, None), (Cancelled, None)]);
}

// `parMap`, where what is made of each element is a resource.

#[test]
fn a_mapped_list_is_in_order_whatever_came_first() {
    for most in 1..=5 {
        let ledger = Ledger::new();
        let members: Vec<_> = (0..5).map(|id| ledger.member(id, enters(READY.pending(5 - id)))).collect();
        let ids =
            members.limit(most).scope(async |all| Ok::<_, ScopeError>(all.iter().map(|id| id.0).collect::<Vec<_>>()));
        assert_eq!(block_on(ids).unwrap(), vec![0, 1, 2, 3, 4]);
        let first = ledger.events().into_iter().find(|event| matches!(event, Entered(_)));
        assert_eq!(first, Some(Entered(most - 1)), "of those that were let in, the last one is the fastest");
    }
}

/// `parMapRunsInParallel`, `parMapConcurrency1OnlyRunsOneTaskAtATime`: one waits for the next one.
#[test]
fn a_mapped_list_runs_so_many_at_a_time() {
    for (most, gets_in) in [(1, false), (2, true), (3, true)] {
        let ledger = Ledger::new();
        let (call, called) = oneshot::channel::<()>();
        let waits = step(async { Ok(called.await?) });
        let calls = step(async { call.send(()).map_err(|()| "nobody waits".into()) });
        let members = vec![waits, calls, ledger.member(2, OK).boxed()];
        let mut scope = pin!(members.limit(most).scope(async |all| Ok::<_, ScopeError>(all.len())));
        let polled = (0..10).find_map(|_| match ledger.poll(scope.as_mut()) {
            std::task::Poll::Ready(used) => Some(used.unwrap()),
            std::task::Poll::Pending => None,
        });
        assert_eq!(polled, gets_in.then_some(3), "{most} at a time");
    }
}

/// `parMapOrAccumulate`: all that fail are told; `parMap`: the first of them ends it.
#[test]
fn a_mapped_list_tells_all_failures_or_the_first() {
    let ledger = Ledger::new();
    let members = || -> Vec<_> {
        (0..10).map(|id| ledger.member(id, enters(Step::error().pending(if id == 7 { 0 } else { id + 1 })))).collect()
    };
    let all = block_on(members().scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err().into_failures();
    assert_eq!(failed(&all), (0..10).map(|id| (Phase::Enter, id)).collect::<Vec<_>>());
    assert_eq!(all.first().unwrap().path(), [7]);
    let first = block_on(members().fail_fast().scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    assert_eq!(failed(first.failures()), [(Phase::Enter, 7)]);
}
