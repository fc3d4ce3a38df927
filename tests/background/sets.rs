//! Members of stacks and pools: their work goes to the scope that the set is in.

use super::{Failed, Woken, died, plain, scope_error, waits, worker};
use withal::{BoxError, ExitPool, ExitStack, Handle, ResourceExt, ScopeErrorKind, Taken, background};
use withal_common::{Log, pend, poll_and_drop, run};

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

/// Law `moved`: what was taken out works where it went.
#[test]
fn taken_out_it_is_attended_where_it_went() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let taken = run(ExitStack::new().scope(async move |stack| {
        let lease = stack.enter(lease.named("lease")).await?;
        Ok::<_, Failed>(Handle::take(lease))
    }))
    .unwrap();
    let mut scope = Woken::new((plain(&log, "db"), Taken::into_resource(taken)).scope(waits));
    assert!(!scope.is_over());
    death.send(died()).unwrap();
    assert!(scope.is_over(), "its work is not polled");
    let error = scope_error(scope.end());
    assert_eq!(
        (error.kind(), &*error.to_string()),
        (ScopeErrorKind::MemberFailed, "[1] lease failed: the lease was lost")
    );
    assert_eq!(log.line(), "lease enters, db enters, lease ends, db exits MemberFailed");
}

#[test]
fn taken_out_it_dies_while_others_enter_where_it_went() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let taken = run(ExitStack::new().scope(async move |stack| {
        let lease = stack.enter(lease.named("lease")).await?;
        Ok::<_, Failed>(Handle::take(lease))
    }))
    .unwrap();
    death.send(died()).unwrap();
    let slow = super::Plain(log.clone(), "slow", 3, 0);
    let error = scope_error(Woken::new((slow, Taken::into_resource(taken)).scope(waits)).end());
    assert_eq!(
        (error.kind(), &*error.to_string()),
        (ScopeErrorKind::Enter, "could not enter [1] lease: the lease was lost")
    );
    assert_eq!(log.line(), "lease enters, lease ends, slow enters, slow exits EnterFailed");
}

/// From a stack to a pool of the same scope.
#[test]
fn moved_to_another_set_it_stops_the_same_body() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let mut scope = Woken::new((ExitStack::new(), ExitPool::new()).scope(async move |(stack, pool)| {
        let lease = stack.enter(lease.named("lease")).await?;
        pool.enter(Taken::into_resource(Handle::take(lease))).await?;
        waits(&mut ()).await
    }));
    assert!(!scope.is_over());
    death.send(died()).unwrap();
    assert!(scope.is_over(), "its work is not polled");
    assert_eq!(scope_error(scope.end()).to_string(), "[1, 0] lease failed: the lease was lost");
}

/// A filled stack counts as entered from the start: its members can die while others enter.
#[test]
fn a_member_of_a_filled_stack_dies_while_others_enter() {
    let log = Log::default();
    for is_last in [false, true] {
        let (lease, death) = worker(&log, "lease");
        let stack = run(ExitStack::new().scope(async move |stack| {
            stack.enter(lease.named("lease")).await?;
            Ok::<_, Failed>(stack.take_all())
        }))
        .unwrap();
        death.send(died()).unwrap();
        let slow = super::Plain(log.clone(), "slow", 3, 0);
        let (at, error) = if is_last {
            (1, scope_error(Woken::new((slow, stack).in_order().scope(async |_| waits(&mut ()).await)).end()))
        } else {
            (0, scope_error(Woken::new((stack, slow).in_order().scope(async |_| waits(&mut ()).await)).end()))
        };
        assert_eq!(error.kind(), ScopeErrorKind::Enter);
        assert_eq!(error.to_string(), format!("could not enter [{at}, 0] lease: the lease was lost"));
        assert_eq!(log.line(), "lease enters, lease ends, slow enters, slow exits EnterFailed");
    }
}

/// Law `nothing-lost`: each failure is returned once, and then it waits for the next.
#[test]
fn a_set_that_is_attended_returns_each_failure_once() {
    let log = Log::default();
    let ((first, dies), (second, dies_later)) = (worker(&log, "first"), worker(&log, "second"));
    let pool = ExitPool::new().open();
    run(pool.enter(first)).unwrap();
    run(pool.enter(second)).unwrap();
    dies.send(died()).unwrap();
    assert_eq!(run(pool.attend()).failures().len(), 1);
    poll_and_drop(pool.attend());
    dies_later.send(died()).unwrap();
    assert_eq!(run(pool.attend()).failures().iter().next().unwrap().path(), [1]);
    run(pool.close()).unwrap();
}

/// Work can attend the set that it is in, without an end: the list of the work is not locked while it is polled.
#[test]
fn work_that_attends_its_own_set_does_not_hang() {
    let pool = std::sync::Arc::new(ExitPool::new().open());
    let attends = std::sync::Arc::downgrade(&pool);
    let member = background(async move |startup| {
        let stop = startup.ready(());
        let pool = attends.upgrade().unwrap();
        let attend = Box::pin(pool.attend());
        futures::future::select(attend, stop).await;
        Ok(())
    });
    run(pool.enter(member)).unwrap();
    poll_and_drop(pool.attend());
}

/// Laws `moved`, `death-stops-the-body`: the scope that a member has left does not hear of its death.
#[test]
fn taken_out_it_dies_in_another_scope_while_the_first_is_up() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let (give, given) = futures::channel::oneshot::channel();
    let first = Woken::new(async move {
        let body = async |stack: &mut withal::OpenStack<'static>| {
            let taken = Handle::take(stack.enter(lease).await.unwrap());
            give.send(Taken::into_resource(taken)).ok().unwrap();
            std::future::pending::<Result<(), Failed>>().await
        };
        withal::Scope::new(ExitStack::new()).run(body).await
    });
    let second = Woken::new(async move { given.await.unwrap().scope(async |_| waits(&mut ()).await).await });
    death.send(died()).unwrap();
    assert_eq!(scope_error(second.end()).kind(), ScopeErrorKind::MemberFailed);
    let mut first = first;
    assert!(!first.is_over());
}

/// Its exit has begun, so what it fails with is a failure of that exit alone.
#[test]
fn released_early_it_fails_without_stopping_the_body() {
    let fails = background(async |startup| {
        startup.ready(()).await;
        pend(2).await;
        Err("it could not flush".into())
    });
    let (go, goes) = futures::channel::oneshot::channel::<()>();
    let mut scope = Woken::new(async move {
        let body = async |pool: &mut withal::OpenPool<'_>| {
            let handle = pool.enter(fails.named("worker")).await.unwrap();
            assert!(futures::poll!(Box::pin(Handle::exit(handle))).is_pending());
            goes.await.unwrap();
            Ok::<_, Failed>("the body ends")
        };
        withal::Scope::new(ExitPool::new()).report(body).await
    });
    assert!(!scope.is_over());
    go.send(()).unwrap();
    let report = scope.end();
    assert!(matches!(report.body, Some(Ok("the body ends"))));
    assert_eq!(report.failures.to_string(), "could not exit [0] worker: it could not flush");
}

/// Law `nothing-lost`: an enter that is dropped while it rolls back is exited with the set, and keeps its failures.
#[test]
fn enter_that_is_dropped_in_its_roll_back_keeps_its_failures() {
    let report = run(withal::Scope::new(ExitPool::new()).report(async |pool: &mut withal::OpenPool<'_>| {
        let stuck = withal::defer(async |_| {
            pend(3).await;
            Err("stuck".into())
        });
        let fails = withal::resource(async || Err::<(), BoxError>("no".into()), async |(), _| Ok(()));
        let mut entering = Box::pin(pool.enter((stuck, fails)));
        for _ in 0..3 {
            assert!(futures::poll!(&mut entering).is_pending());
        }
        Ok::<_, Failed>(())
    }));
    let failures = report.failures.to_string();
    assert!(failures.contains("[0, 1]") && failures.contains("no") && failures.contains("stuck"), "{failures}");
}
