//! Scopes in scopes: who is released when, what crosses over from one to the other, and how far a cancellation reaches.

use crate::ticks::{OK, exits, finish, reaper, tick, told};
use futures::channel::oneshot;
use futures::executor::block_on;
use std::future::pending;
use std::pin::pin;
use withal::OutcomeKind::{Cancelled, Completed, Failed, Released};
use withal::testing::{Event::*, Ledger, READY, Step};
use withal::{BoxError, ExitStack, Handle, ResourceExt, Scope, ScopeError, ScopeErrorKind, Taken, around};

/// `flattenK`: a resource whose acquiring and releasing takes a resource.
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

/// What outlives its scope is released with the one that it moved to.
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

/// `forceR`: the first one is closed, whatever comes of that, before the second one is opened.
#[test]
fn one_after_the_other() {
    for (exit, well) in [(READY, true), (Step::error(), false)] {
        let ledger = Ledger::new();
        block_on(ExitStack::new().scope(async |stack| {
            let first = stack.enter(ledger.member(0, exits(exit))).await?;
            assert_eq!(Handle::exit(first).await.is_ok(), well);
            stack.enter(ledger.member(1, OK)).await?;
            Ok::<_, ScopeError>(())
        }))
        .unwrap();
        assert_eq!(told(&ledger), [(0, Released), (1, Completed)]);
        ledger.check().unwrap();
    }
}

/// `onCancel`: the scope around it sees an error, and may go on.
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

/// A scope that is closed hears nothing of a cancellation that comes later.
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

/// A cancellation drops the body, and so the scopes in it: a plain one is abandoned before the outer one is released.
#[test]
fn a_cancellation_abandons_a_plain_scope_in_the_body() {
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
    assert_eq!(ledger.events()[4..], [Abandoned(1), ExitStarted(0, Cancelled), Exited(0)]);
}

/// As in cats-effect, where the inner one is released as well: it takes a reaper.
#[test]
fn a_cancellation_releases_a_scope_in_the_body_on_its_reaper() {
    let (ledger, (reaper, tasks)) = (Ledger::new(), reaper());
    let (stop, stopped) = oneshot::channel::<()>();
    let mut outer = pin!(Scope::new(ledger.member(0, exits(READY.pending(1)))).until(stopped).run(async |_| {
        let inner = Scope::new(ledger.member(1, OK)).on(&reaper).run(async |_| {
            stop.send(()).ok();
            pending::<Result<(), ScopeError>>().await
        });
        inner.await
    }));
    tick(&ledger, outer.as_mut()); // the signal is sent
    tick(&ledger, outer.as_mut()); // and heard
    finish(&ledger, tasks.try_recv().unwrap());
    finish(&ledger, outer).unwrap_err();
    assert_eq!(told(&ledger), [(0, Cancelled), (1, Cancelled)]);
    ledger.check().unwrap();
}
