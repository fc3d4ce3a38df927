//! Members of stacks and pools: their work goes to the scope that the set is in.

use super::{Failed, Woken, died, plain, scope_error, waits, worker};
use withal::{ExitPool, ExitStack, Handle, ResourceExt, ScopeErrorKind, Taken};
use withal_common::{Log, pend, run};

#[test]
fn death_of_a_member_of_a_stack_stops_the_body() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let others = plain(&log, "db");
    let inner = log.clone();
    let mut scope = Woken::new((others, ExitStack::new().named("set")).scope(async move |(_, stack)| {
        stack.enter(plain(&inner, "a")).await?;
        stack.enter(lease.named("lease")).await?;
        waits(&mut ()).await
    }));
    assert!(!scope.is_over());
    death.send(died()).unwrap();
    let error = scope_error(scope.end());
    assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
    assert_eq!(error.to_string(), "[1, 1] set/lease failed: the lease was lost");
    assert_eq!(
        log.line(),
        "db enters, a enters, lease enters, lease ends, a exits MemberFailed, db exits MemberFailed"
    );
}

#[test]
fn death_of_a_member_of_a_pool_stops_the_body() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let mut scope = Woken::new(ExitPool::new().scope(async move |pool| {
        let group = (lease.named("lease"), ());
        pool.enter(group).await?;
        waits(&mut ()).await
    }));
    assert!(!scope.is_over());
    death.send(died()).unwrap();
    assert_eq!(scope_error(scope.end()).to_string(), "[0, 0] lease failed: the lease was lost");
}

#[test]
fn death_while_its_group_enters_a_set_fails_that_enter() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    death.send(died()).unwrap();
    let slow = super::Plain(log.clone(), "slow", 3, 0);
    let error = run(ExitStack::new().scope(async move |stack| {
        let error = stack.enter((lease.named("lease"), slow)).await.unwrap_err();
        Ok::<_, Failed>(error)
    }));
    let error = error.unwrap();
    assert_eq!(error.kind(), ScopeErrorKind::Set);
    assert_eq!(error.to_string(), "could not enter [0] lease: the lease was lost");
    assert_eq!(log.line(), "lease enters, lease ends, slow enters, slow exits EnterFailed");
}

#[test]
fn released_early_it_stops() {
    let log = Log::default();
    let (lease, _death) = worker(&log, "lease");
    run(ExitStack::new().scope(async move |stack| {
        let lease = stack.enter(lease).await?;
        pend(1).await;
        Handle::exit(lease).await?;
        Ok::<_, Failed>(())
    }))
    .unwrap();
    assert_eq!(log.line(), "lease enters, lease stops Released");
}

#[test]
fn a_filled_stack_is_attended() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let stack = run(ExitStack::new().scope(async move |stack| {
        stack.enter(lease.named("lease")).await?;
        Ok::<_, Failed>(stack.take_all())
    }))
    .unwrap();
    let mut scope = Woken::new(stack.scope(async |_| waits(&mut ()).await));
    assert!(!scope.is_over());
    death.send(died()).unwrap();
    assert_eq!(scope_error(scope.end()).to_string(), "[0] lease failed: the lease was lost");
}

#[test]
fn a_set_that_was_opened_by_hand_attends() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let mut hand = Woken::new(async move {
        let stack = ExitStack::new().open();
        stack.enter(lease.named("lease")).await?;
        let died = stack.attend().await;
        stack.close().await?;
        Ok::<_, Failed>(died)
    });
    assert!(!hand.is_over());
    death.send(died()).unwrap();
    assert_eq!(hand.end().unwrap().to_string(), "[0] lease failed: the lease was lost");
    assert_eq!(log.line(), "lease enters, lease ends");
}

#[test]
fn taken_out_it_is_exited_by_hand() {
    let log = Log::default();
    let (lease, _death) = worker(&log, "lease");
    let taken = run(ExitStack::new().scope(async move |stack| {
        let lease = stack.enter(lease).await?;
        Ok::<_, Failed>(Handle::take(lease))
    }))
    .unwrap();
    run(Taken::exit(taken, withal::Outcome::Released)).unwrap();
    assert_eq!(log.line(), "lease enters, lease stops Released");
}
