//! A resource with a future that ends when it has died.

use super::{Failed, Woken, plain, scope_error, waits};
use futures::channel::oneshot;
use std::panic::{AssertUnwindSafe, catch_unwind};
use withal::{MemberPanic, Phase, Resource, ResourceExt, Scope, ScopeErrorKind};
use withal_common::{Log, quiet_panic, run};

struct OnDrop(Log);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.add("watch dropped");
    }
}

#[test]
fn the_end_of_the_future_stops_the_body() {
    let log = Log::default();
    let (kill, killed) = oneshot::channel::<()>();
    let (mut killed, inner) = (Some(killed), log.clone());
    let line = plain(&log, "line").watch(move |guard| {
        inner.add(format!("watches {guard}"));
        let (killed, dropped) = (killed.take().unwrap(), OnDrop(inner.clone()));
        async move {
            let _dropped = dropped;
            let _ = killed.await;
            "hung up"
        }
    });
    let mut scope = Woken::new((line.named("line"), plain(&log, "db")).scope(waits));
    assert!(!scope.is_over());
    drop(kill);
    let error = scope_error(scope.end());
    assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
    assert_eq!(error.to_string(), "[0] line failed: hung up");
    assert_eq!(
        log.line(),
        "line enters, watches line, db enters, watch dropped, db exits MemberFailed, line exits MemberFailed"
    );
}

#[test]
fn the_future_is_dropped_before_the_exit() {
    let log = Log::default();
    let inner = log.clone();
    let line = plain(&log, "line").watch(move |_| {
        let dropped = OnDrop(inner.clone());
        async move {
            let _dropped = dropped;
            std::future::pending::<&str>().await
        }
    });
    run(line.scope(async |_| Ok::<_, Failed>(()))).unwrap();
    assert_eq!(log.line(), "line enters, watch dropped, line exits Completed");
}

#[test]
fn a_future_that_is_ready_at_once_fails_the_enter() {
    let log = Log::default();
    let line = plain(&log, "line").watch(|_| async { "dead on arrival" });
    let error = scope_error(run(line.named("line").scope(waits)));
    assert_eq!((error.kind(), &*error.to_string()), (ScopeErrorKind::Enter, "could not enter line: dead on arrival"));
    assert_eq!(log.line(), "line enters, line exits EnterFailed");
}

#[test]
fn a_panic_where_it_is_made_polled_or_dropped() {
    struct PanicsOnDrop;
    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            quiet_panic("dropped, as scripted")
        }
    }
    fn made(_: &mut &'static str) -> std::future::Pending<&'static str> {
        quiet_panic("made, as scripted")
    }
    let log = Log::default();
    let report = run(Scope::new(plain(&log, "line").watch(made)).report(waits));
    let first = report.failures.first().unwrap();
    assert_eq!(first.phase(), Phase::Enter);
    assert!(first.error().is::<MemberPanic>());
    assert_eq!(log.line(), "line enters, line exits Panicked");

    let polled = plain(&log, "line").watch(|_| async {
        withal_common::pend(2).await;
        quiet_panic::<&str>("polled, as scripted")
    });
    let report = run(Scope::new(polled).report(waits));
    assert_eq!(report.failures.first().unwrap().phase(), Phase::Up);
    assert_eq!(log.line(), "line enters, line exits MemberFailed");

    let dropped = plain(&log, "line").watch(|_| {
        let panics = PanicsOnDrop;
        async move {
            let _panics = panics;
            std::future::pending::<&str>().await
        }
    });
    let resumed = catch_unwind(AssertUnwindSafe(|| run(dropped.scope(async |_| Ok::<_, Failed>(())))));
    assert!(resumed.is_err());
    assert_eq!(log.line(), "line enters, line exits Completed", "it is exited all the same");
}

#[test]
fn by_hand_it_is_a_plain_resource() {
    let log = Log::default();
    let inner = log.clone();
    let mut line = plain(&log, "line").watch(move |_| {
        inner.add("watches");
        async { "dead on arrival" }
    });
    let guard = run(line.enter()).unwrap();
    run(line.exit(guard, withal::Outcome::Completed)).unwrap();
    assert_eq!(log.line(), "line enters, line exits Completed");
}

/// Law `attended`: in a group in order the exit of a member can be far away, and it can die until then.
#[test]
fn it_is_watched_until_its_own_exit_begins() {
    let log = Log::default();
    let line = plain(&log, "line").watch(|_| async {
        withal_common::pend(3).await;
        "hung up"
    });
    let slow = super::Plain(log.clone(), "slow", 0, 9);
    let error = scope_error(run((line.named("line"), slow).in_order().scope(async |_| Ok::<_, Failed>(()))));
    assert_eq!((error.kind(), &*error.to_string()), (ScopeErrorKind::Exit, "[0] line failed: hung up"));
    assert_eq!(log.line(), "line enters, slow enters, slow exits Completed, line exits Completed");
}
