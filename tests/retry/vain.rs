//! Nothing waits in vain (law `not-in-vain`).

use super::{Flaky, flaky, never, timer, times};
use futures::channel::oneshot;
use futures::executor::{ThreadPool, block_on};
use std::pin::pin;
use withal::testing::{Ledger, READY, Script, Step};
use withal::{BoxError, Reaper, ResourceExt, Scope, ScopeError, ScopeErrorKind, resource};
use withal_common::{Log, pend, poll, reaper, run, settle};

/// Each of these would hang if the wait went on: `block_on` polls only when it is woken.
#[test]
fn a_failed_sibling_cuts_the_wait() {
    for pending in 0..4 {
        let (log, ledger) = (Log::default(), Ledger::new());
        let bad = ledger.member(1, Script { enter: Step::error().pending(pending), exit: READY });
        let error = block_on((flaky(&log, "a", 9).retry(never), bad).scope(async |_| anyhow::Ok(()))).unwrap_err();
        assert_eq!(error.to_string(), "could not enter [1] Scripted: member 1 fails, as scripted");
        assert_eq!(log.line(), "a fails");
        let bad = ledger.member(1, Script { enter: Step::error().pending(pending), exit: READY });
        let nested = (vec![flaky(&log, "a", 9).retry(never)], [bad]);
        let error = block_on(nested.scope(async |_| anyhow::Ok(()))).unwrap_err();
        assert_eq!(error.to_string(), "could not enter [1, 0] Scripted: member 1 fails, as scripted");
    }
}

#[test]
fn the_signal_cuts_the_wait() {
    let log = Log::default();
    let members = (flaky(&log, "a", 0), flaky(&log, "b", 9).retry(never));
    let scope = Scope::new(members).until(pend(3)).run(async |_| anyhow::Ok(()));
    let error = block_on(scope).unwrap_err();
    // It has not failed: it would have been tried again.
    assert_eq!(error.to_string(), "the scope was cancelled");
    assert_eq!(log.line(), "a enters, b fails, a begins to exit Cancelled, a exits");
    let error = block_on(Scope::new(flaky(&log, "c", 9).retry(never)).until(pend(2)).run(async |_| anyhow::Ok(())));
    assert_eq!(error.unwrap_err().to_string(), "the scope was cancelled");
}

/// Attempts without an end end with the signal.
#[test]
fn the_signal_ends_endless_attempts() {
    let log = Log::default();
    let member = flaky(&log, "a", usize::MAX).retry(|_, _| Some(pend(1)));
    let error = block_on(Scope::new(member).until(pend(20)).run(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.downcast_ref::<ScopeError>().unwrap().kind(), ScopeErrorKind::Cancelled);
    assert!(error.downcast_ref::<ScopeError>().unwrap().failures().is_empty());
    assert!(log.take().len() > 5);
}

/// Attempts and timers that are ready at once do not keep the signal from being polled (law `signal-is-heard`).
#[test]
fn the_signal_is_heard_between_attempts_that_are_never_pending() {
    let log = Log::default();
    let member = flaky(&log, "a", usize::MAX).retry(times(1000));
    let error = block_on(Scope::new(member).until(pend(3)).run(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "the scope was cancelled");
    assert_eq!(log.line(), "a fails, a fails, a fails, a fails");
}

/// An attempt that was in flight when the body became vain settles, and is the last one.
#[test]
fn an_attempt_in_flight_settles_and_is_the_last_one() {
    let log = Log::default();
    let slow = Flaky { pending: (5, 0), ..flaky(&log, "a", 9) };
    let asked = |_: &BoxError, _| -> Option<std::future::Ready<()>> { panic!("there is nothing to ask") };
    let scope = Scope::new(slow.retry(asked)).until(pend(2)).run(async |_| anyhow::Ok(()));
    let error = block_on(scope).unwrap_err();
    assert_eq!(error.to_string(), "the scope was cancelled; could not enter a: it is not up");
    assert_eq!(log.line(), "a fails");
}

/// Under `fail_fast` the wait is dropped, and a roll-back is not: its exits are awaited.
#[test]
fn fail_fast_drops_the_wait_and_not_the_roll_back() {
    for pending in 0..9 {
        let (log, ledger) = (Log::default(), Ledger::new());
        let bad = ledger.member(1, Script { enter: Step::error().pending(pending), exit: READY });
        let slow = Flaky { pending: (1, 4), ..flaky(&log, "a", 0) };
        let group = (slow, Flaky { pending: (2, 0), ..flaky(&log, "b", 9) }).retry(never);
        let error = block_on((group, bad).fail_fast().scope(async |_| anyhow::Ok(()))).unwrap_err();
        assert_eq!(error.to_string(), "could not enter [1] Scripted: member 1 fails, as scripted", "{pending}");
        let story = log.line();
        assert!(!story.contains("abandoned") && !story.contains("dropped"), "{pending}: {story}");
        assert_eq!(story.contains("a enters"), story.contains("a exits"), "{pending}: {story}");
    }
}

/// On a reaper, an attempt in flight ends, and no other one begins.
#[test]
fn a_dropped_scope_on_a_reaper_does_not_try_again() {
    let (reaper, tasks) = reaper();
    let log = Log::default();
    {
        let slow = Flaky { pending: (3, 0), ..flaky(&log, "a", 9) };
        let mut scope =
            pin!(Scope::new((slow.retry(times(9)), flaky(&log, "b", 0))).on(&reaper).run(async |_| anyhow::Ok(())));
        assert!(poll(scope.as_mut()).is_pending());
    }
    tasks.run();
    run(reaper.idle());
    assert_eq!(log.line(), "b enters, a fails, b begins to exit Cancelled, b exits");
}

/// The wait of a scope that is dropped ends on a reaper with a real executor, too.
#[test]
fn a_dropped_wait_ends_on_a_reaper() {
    let pool = ThreadPool::builder().pool_size(1).create().unwrap();
    let reaper = Reaper::new(move |task| pool.spawn_ok(task));
    let log = Log::default();
    {
        let members = (flaky(&log, "a", 9).retry(never), flaky(&log, "b", 0));
        let mut scope = pin!(Scope::new(members).on(&reaper).run(async |_| anyhow::Ok(())));
        settle(scope.as_mut());
    }
    block_on(reaper.idle());
    assert_eq!(log.line(), "a fails, b enters, b begins to exit Cancelled, b exits");
}

/// The roll-back of a dropped scope is completed on its reaper.
#[test]
fn a_dropped_roll_back_is_completed_on_a_reaper() {
    let (reaper, tasks) = reaper();
    let log = Log::default();
    {
        let slow = Flaky { pending: (0, 3), ..flaky(&log, "a", 0) };
        let group = (slow, flaky(&log, "b", 9)).retry(never);
        let mut scope = pin!(Scope::new(group).on(&reaper).run(async |_| anyhow::Ok(())));
        assert!(poll(scope.as_mut()).is_pending());
    }
    tasks.run();
    run(reaper.idle());
    assert_eq!(log.line(), "a enters, b fails, a begins to exit EnterFailed, a exits");
}

/// Another attempt of the group around is in vain for those within.
#[test]
fn a_failed_attempt_cuts_the_waits_within() {
    let log = Log::default();
    let (go, first) = timer();
    let mut timers = vec![first];
    let inner = flaky(&log, "a", 1).retry(move |_, _| timers.pop());
    // Fails once, when the other one waits for a time that never comes in this attempt.
    let b = Flaky { pending: (2, 0), ..flaky(&log, "b", 1) };
    let group = (inner, b).retry(times(2));
    let up = block_on(group.scope(async |_| anyhow::Ok(()))).is_ok();
    assert!(up);
    assert_eq!(
        log.line(),
        "a fails, b fails, a enters, b enters, b begins to exit Completed, b exits, a begins to exit Completed, a exits"
    );
    drop(go);
}

/// A scope that is given up by the scope around.
#[test]
fn the_scope_around_cuts_the_wait() {
    let log = Log::default();
    let (stop, stopped) = oneshot::channel::<()>();
    let body = async |(): &mut ()| {
        let inner = flaky(&log, "a", 9).retry(never).scope(async |_| anyhow::Ok(()));
        stop.send(()).unwrap();
        inner.await
    };
    let outer = resource(async || Ok(()), async |(), _| Ok(()));
    let error = block_on(Scope::new(outer).until(stopped).run(body)).unwrap_err();
    assert_eq!(error.to_string(), "the scope was cancelled");
    assert!(["a fails", ""].contains(&log.line().as_str()));
}

/// The signal of `abandon_on` drops the wait, the roll-back and the check, and each is named.
#[test]
fn abandoned_in_a_wait_a_roll_back_and_a_check() {
    fn told<R: withal::Resource>(resource: R) -> String {
        let abandoned = Scope::new(resource).abandon_on(pend(2)).report(async |_| Ok::<_, BoxError>(()));
        block_on(abandoned).failures.to_string()
    }
    let log = Log::default();
    assert_eq!(
        told(flaky(&log, "a", 9).retry(never)),
        "could not enter a: it is not up; could not enter a: its enter was cut: the scope was abandoned"
    );
    assert_eq!(log.line(), "a fails");
    let stuck = Flaky { pending: (0, usize::MAX), ..flaky(&log, "a", 0) };
    let failures = told((stuck, flaky(&log, "b", 9)).retry(never));
    assert!(failures.contains("could not exit [0] a: its exit was cut: the scope was abandoned"), "{failures}");
    assert_eq!(log.line(), "a enters, b fails, a begins to exit EnterFailed, a exit dropped");
    let checked = flaky(&log, "a", 0).ready_when(async |_| std::future::pending().await);
    let failures = told(checked);
    assert_eq!(
        failures,
        "could not enter a: its enter was cut: the scope was abandoned; \
         could not exit a: the scope was abandoned before its exit began"
    );
    assert_eq!(log.line(), "a enters, a abandoned");
}

/// Within an attempt, too, no enter begins once a member around it has failed.
#[test]
fn nothing_begins_in_an_attempt_in_vain() {
    let (log, ledger) = (Log::default(), Ledger::new());
    let bad = ledger.member(1, Script { enter: Step::error(), exit: READY });
    let slow = Flaky { pending: (2, 0), ..flaky(&log, "a", 0) };
    let group = vec![slow, flaky(&log, "b", 0)].limit(1).retry(never);
    let error = block_on((group, bad).scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1] Scripted: member 1 fails, as scripted");
    assert_eq!(log.line(), "a enters, a begins to exit EnterFailed, a exits");
}

/// A check that has failed is a failed enter for what waits for its turn, and for what waits before an attempt.
#[test]
fn a_failed_check_is_heard_by_others() {
    let log = Log::default();
    let checked = flaky(&log, "a", 0).ready_when(async |_| Err("it is too old".into()));
    let error = block_on((checked, flaky(&log, "b", 0)).in_order().scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [0] a: it is too old");
    assert_eq!(log.line(), "a enters, a begins to exit EnterFailed, a exits");
    let checked = flaky(&log, "a", 0).ready_when(async |_| {
        pend(2).await;
        Err("it is too old".into())
    });
    let error = block_on((flaky(&log, "b", 9).retry(never), checked).scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1] a: it is too old");
}
