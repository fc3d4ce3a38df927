//! `make`, `makeFull`, `eval`: acquiring step by step, and being interrupted on the way.

use crate::ticks::{OK, enters, exits, failed, finish, tick, told};
use futures::channel::oneshot;
use futures::executor::block_on;
use std::pin::pin;
use withal::OutcomeKind::{Cancelled, Completed, EnterFailed};
use withal::testing::{Event, Event::*, Ledger, READY, Step};
use withal::{Phase, ResourceExt, Scope, ScopeError, ScopeErrorKind, adopt, in_order};

/// Five at a time, with every choice of those whose release fails.
#[test]
fn releases_in_reverse_order_whichever_releases_fail() {
    for fails in 0..1 << 5 {
        let ledger = Ledger::new();
        let fails = |id: usize| fails >> id & 1 == 1;
        let exit = |id| if fails(id) { Step::error() } else { READY };
        let members: Vec<_> = (0..5).map(|id| ledger.member(id, exits(exit(id).pending(id % 2)))).collect();
        let report = block_on(Scope::new(in_order(members)).report(async |_| Ok::<_, ()>("used")));
        assert_eq!(told(&ledger), [4, 3, 2, 1, 0].map(|id| (id, Completed)));
        assert_eq!(report.body, Some(Ok("used")));
        let wanted: Vec<_> = (0..5).filter(|id| fails(*id)).map(|id| (Phase::Exit, id)).collect();
        assert_eq!(failed(&report.failures), wanted);
        ledger.check().unwrap();
    }
}

#[test]
fn a_value_that_is_there_already_is_what_is_used() {
    let pure = adopt("pure".to_owned(), async |_, _| Ok(()));
    assert_eq!(block_on(pure.scope(async |text| Ok::<_, ScopeError>(text.clone()))).unwrap(), "pure");
}

/// `evalMap` and `evalTap` with an error: the step is never in, the one before it is released.
#[test]
fn a_step_that_fails_is_the_error_of_the_chain() {
    let ledger = Ledger::new();
    let chain = ledger.member(0, OK).then(|_| ledger.member(1, enters(Step::error())));
    let error = block_on(chain.scope(async |_| {
        ledger.record(BodyStarted);
        Ok::<_, ScopeError>(())
    }));
    let error = error.unwrap_err();
    assert_eq!((error.kind(), failed(error.failures())), (ScopeErrorKind::Enter, vec![(Phase::Enter, 1)]));
    let after = [EnterStarted(1), Event::EnterFailed(1), ExitStarted(0, EnterFailed), Exited(0)];
    assert_eq!(ledger.events()[2..], after);
}

/// `make`: it runs to its end, and what it gave is released.
#[test]
fn an_acquire_is_not_interrupted() {
    let ledger = Ledger::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let member = ledger.member(0, enters(READY.pending(4)));
    let mut scope = pin!(Scope::new(member).until(stopped).run(async |_| {
        ledger.record(BodyStarted);
        Ok::<_, ScopeError>(())
    }));
    assert_eq!(tick(&ledger, scope.as_mut()), [EnterStarted(0)]);
    stop.send(()).unwrap();
    for _ in 0..3 {
        assert_eq!(tick(&ledger, scope.as_mut()), []);
    }
    let error = finish(&ledger, scope).unwrap_err();
    assert_eq!(error.kind(), ScopeErrorKind::Cancelled);
    assert_eq!(ledger.events()[1..], [Entered(0), ExitStarted(0, Cancelled), Exited(0)]);
}

/// One that fails after that fails beside the cancellation, and does not take its place.
#[test]
fn an_acquire_that_is_not_interrupted_may_fail() {
    let ledger = Ledger::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let members = [ledger.member(0, OK), ledger.member(1, enters(Step::error().pending(2)))];
    let mut scope = pin!(Scope::new(members).until(stopped).run(async |_| Ok::<_, ScopeError>(())));
    tick(&ledger, scope.as_mut());
    stop.send(()).unwrap();
    let error = finish(&ledger, scope).unwrap_err();
    assert_eq!((error.kind(), failed(error.failures())), (ScopeErrorKind::Cancelled, vec![(Phase::Enter, 1)]));
    assert_eq!(told(&ledger), [(0, Cancelled)]);
}

/// `makeFull`: what fails fast may be interrupted.
#[test]
fn an_interruptible_acquire_is_given_up_and_not_released() {
    let ledger = Ledger::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let members = [ledger.member(0, enters(READY.pending(4)))].fail_fast();
    let mut scope = pin!(Scope::new(members).until(stopped).run(async |_| Ok::<_, ScopeError>(())));
    assert_eq!(tick(&ledger, scope.as_mut()), [EnterStarted(0)]);
    stop.send(()).unwrap();
    let error = finish(&ledger, scope).unwrap_err();
    assert_eq!((error.kind(), error.failures().len()), (ScopeErrorKind::Cancelled, 0));
    assert_eq!(ledger.events(), [EnterStarted(0), EnterDropped(0)]);
}

/// `makeFull` with a part that may not: one is given up, the other runs to its end.
#[test]
fn only_the_interruptible_part_is_given_up() {
    let ledger = Ledger::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let slow = |id| ledger.member(id, enters(READY.pending(3)));
    let members = ([slow(0)].fail_fast(), slow(1));
    let mut scope = pin!(Scope::new(members).until(stopped).run(async |_| Ok::<_, ScopeError>(())));
    tick(&ledger, scope.as_mut());
    stop.send(()).unwrap();
    finish(&ledger, scope).unwrap_err();
    let after = [EnterDropped(0), Entered(1), ExitStarted(1, Cancelled), Exited(1)];
    assert_eq!(ledger.events()[2..], after);
}

/// `eval` of what never ends: a step that never ends keeps nothing from its release.
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

/// By a signal. By a drop: see what Arrow's tests say of it.
#[test]
fn a_release_is_not_interrupted() {
    let ledger = Ledger::new();
    let (stop, stopped) = oneshot::channel::<()>();
    let member = ledger.member(0, exits(READY.pending(2)));
    let mut scope = pin!(Scope::new(member).until(stopped).run(async |_| Ok::<_, ScopeError>("used")));
    assert_eq!(tick(&ledger, scope.as_mut()), [EnterStarted(0), Entered(0), ExitStarted(0, Completed)]);
    drop(stop); // a sender that is gone is a signal, too
    assert_eq!(tick(&ledger, scope.as_mut()), []);
    assert_eq!(finish(&ledger, scope).unwrap(), "used");
    ledger.check().unwrap();
}
