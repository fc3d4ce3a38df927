//! Checks that are a part of an enter.

use super::{Flaky, flaky, never, times};
use futures::executor::block_on;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use withal::testing::{Ledger, READY, Script, Step};
use withal::{BoxError, Elapsed, ResourceExt, Scope};
use withal_common::{Log, panic_of, pend, poll, quiet_panic, reaper, run};

/// The body starts after the check, and other members enter meanwhile.
#[test]
fn the_check_is_a_part_of_the_enter() {
    let log = Log::default();
    let checked = flaky(&log, "a", 0).ready_when(async |name: &mut &'static str| {
        log.add(format!("{name} is checked"));
        pend(2).await;
        *name = "ready";
        log.add("checked");
        Ok(())
    });
    let other = Flaky { pending: (1, 0), ..flaky(&log, "b", 0) };
    block_on((checked, other).scope(async |(a, _)| anyhow::Ok(log.add(format!("body with {a}"))))).unwrap();
    assert_eq!(
        log.line(),
        "a enters, a is checked, b enters, checked, body with ready, b begins to exit Completed, b exits, \
         a begins to exit Completed, a exits"
    );
}

/// What the check refuses is exited again, with the other members.
#[test]
fn a_check_that_fails_is_an_enter_that_fails() {
    let log = Log::default();
    let checked = flaky(&log, "a", 0).ready_when(async |_| Err("it is too old".into()));
    let error = block_on((checked, flaky(&log, "b", 0)).scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [0] a: it is too old");
    assert_eq!(
        log.line(),
        "a enters, b enters, b begins to exit EnterFailed, b exits, a begins to exit EnterFailed, a exits"
    );
}

#[test]
fn a_check_of_a_group_borrows_all_guards() {
    let log = Log::default();
    let group = (flaky(&log, "a", 0), [flaky(&log, "b", 0)])
        .ready_when(async |(a, [b])| if *a == *b { Ok(()) } else { Err(format!("{a} is not {b}").into()) });
    let error = block_on(group.named("pair").scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter pair: a is not b");
    // As a group it takes a policy, and its members belong to the set around.
    let group = (flaky(&log, "a", 0), flaky(&log, "b", 9)).ready_when(async |_| Ok(())).fail_fast();
    let error = block_on(group.scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1] b: it is not up");
}

/// A health check that is tried again until the resource is ready.
#[test]
fn under_retry_the_resource_is_entered_again() {
    let (log, checks) = (Log::default(), AtomicUsize::new(0));
    let checked = flaky(&log, "a", 0)
        .ready_when(async |_| if checks.fetch_add(1, SeqCst) < 2 { Err("not yet".into()) } else { Ok(()) });
    block_on(checked.retry(times(9)).scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(
        log.line(),
        "a enters, a begins to exit EnterFailed, a exits, a enters, a begins to exit EnterFailed, a exits, a enters, \
         a begins to exit Completed, a exits"
    );
}

/// Inside, only the enter is tried again.
#[test]
fn around_retry_the_check_runs_once() {
    let (log, checks) = (Log::default(), AtomicUsize::new(0));
    let checked = flaky(&log, "a", 2).retry(times(9)).ready_when(async |_| {
        checks.fetch_add(1, SeqCst);
        Ok(())
    });
    block_on(checked.scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(checks.load(SeqCst), 1);
}

/// The same value can be entered again.
#[test]
fn it_can_be_entered_again() {
    let (log, checks) = (Log::default(), AtomicUsize::new(0));
    let mut checked = flaky(&log, "a", 0).ready_when(async |_| {
        checks.fetch_add(1, SeqCst);
        Ok(())
    });
    for _ in 0..3 {
        block_on((&mut checked).scope(async |_| anyhow::Ok(()))).unwrap();
    }
    assert_eq!(checks.load(SeqCst), 3);
}

/// No check begins in vain.
#[test]
fn a_check_does_not_begin_in_vain() {
    let (log, ledger) = (Log::default(), Ledger::new());
    let bad = ledger.member(1, Script { enter: Step::error(), exit: READY });
    let slow = Flaky { pending: (2, 0), ..flaky(&log, "a", 0) };
    let checked = slow.ready_when(async |_| panic!("there is nothing to check"));
    let error = block_on((checked, bad).scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1] Scripted: member 1 fails, as scripted");
    assert_eq!(log.line(), "a enters, a begins to exit EnterFailed, a exits");
}

/// A check in flight settles under the default policy, and is dropped under `fail_fast`. The resource is exited.
#[test]
fn a_check_in_flight_settles_or_is_dropped() {
    for fail_fast in [false, true] {
        let (log, ledger) = (Log::default(), Ledger::new());
        let bad = ledger.member(1, Script { enter: Step::error().pending(2), exit: READY });
        let checked = flaky(&log, "a", 0).ready_when(async |_| {
            pend(4).await;
            log.add("checked");
            Ok(())
        });
        let group = (checked, bad);
        let error = if fail_fast {
            block_on(group.fail_fast().scope(async |_| anyhow::Ok(())))
        } else {
            block_on(group.scope(async |_| anyhow::Ok(())))
        };
        assert_eq!(error.unwrap_err().to_string(), "could not enter [1] Scripted: member 1 fails, as scripted");
        let checked = if fail_fast { "" } else { "checked, " };
        assert_eq!(log.line(), format!("a enters, {checked}a begins to exit EnterFailed, a exits"));
    }
}

#[test]
fn a_deadline_of_the_enter_covers_the_check() {
    let log = Log::default();
    let checked = flaky(&log, "a", 0).ready_when(async |_| std::future::pending().await).enter_within(|| pend(3));
    let report = block_on(Scope::new(checked).report(async |_| Ok::<_, BoxError>(())));
    assert_eq!(report.failures.to_string(), "could not enter a: its deadline has elapsed");
    assert!(report.failures.first().unwrap().error().is::<Elapsed>());
    assert_eq!(log.line(), "a enters, a begins to exit EnterFailed, a exits");
}

#[test]
fn a_panic_of_the_check_is_a_panic_of_the_enter() {
    let log = Log::default();
    let checked = flaky(&log, "a", 0).ready_when(async |_| quiet_panic("sick"));
    let panic = panic_of(|| block_on((checked, flaky(&log, "b", 0)).scope(async |_| anyhow::Ok(()))));
    assert_eq!(panic.as_deref(), Some("sick"));
    assert_eq!(
        log.line(),
        "a enters, b enters, b begins to exit Panicked, b exits, a begins to exit Panicked, a exits"
    );
}

/// The check took a guard away: the body does not run, and the others are exited.
#[test]
fn a_guard_that_the_check_takes_away() {
    let log = Log::default();
    let checked = vec![flaky(&log, "a", 0), flaky(&log, "b", 0)].ready_when(async |guards| {
        guards.pop();
        Ok(())
    });
    let error = block_on(checked.scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "could not enter [1] b: the check of `ready_when` took its guard away, so there was nothing to exit it with"
    );
    assert_eq!(log.line(), "a enters, b enters, a begins to exit EnterFailed, a exits");
}

/// Dropped in the check: the check is dropped before the resource is abandoned. On a reaper it runs to its end.
#[test]
fn dropped_in_the_check() {
    struct Noisy(Log);
    impl Drop for Noisy {
        fn drop(&mut self) {
            self.0.add("check dropped");
        }
    }
    let log = Log::default();
    let members = || {
        let checks = log.clone();
        flaky(&log, "a", 0).ready_when(async move |_| {
            let _noisy = Noisy(checks.clone());
            pend(3).await;
            checks.add("checked");
            Ok(())
        })
    };
    {
        let mut scope = pin!(members().scope(async |_| anyhow::Ok(())));
        assert!(poll(scope.as_mut()).is_pending());
    }
    assert_eq!(log.line(), "a enters, check dropped, a abandoned");
    let (reaper, tasks) = reaper();
    {
        let mut scope = pin!(Scope::new(members()).on(&reaper).run(async |_| anyhow::Ok(())));
        assert!(poll(scope.as_mut()).is_pending());
    }
    tasks.run();
    run(reaper.idle());
    assert_eq!(log.line(), "a enters, checked, check dropped, a begins to exit Cancelled, a exits");
}

/// The scope can be spawned, with a guard whose type mentions a lifetime, and a check that captures references.
#[test]
fn a_scope_with_a_check_can_be_spawned() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let log = Log::default();
    let names = ["a".to_owned()];
    let checked = flaky(&log, "a", 1)
        .ready_when(async |name| {
            pend(1).await;
            if names.iter().any(|known| known == name) { Ok(()) } else { Err("who is it?".into()) }
        })
        .retry(|_, _| Some(pend(1)));
    block_on(is_send(checked.scope(async |_| anyhow::Ok(())))).unwrap();
    let task = async {
        let log = Log::default();
        let member = flaky(&log, "a", 0).ready_when(async |_: &mut &'static str| Ok(())).retry(never);
        Scope::new((member, Box::new(flaky(&log, "b", 0)))).run(async |_| anyhow::Ok(())).await
    };
    block_on(is_send(task)).unwrap();
}
