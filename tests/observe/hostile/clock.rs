//! Clocks that panic, and clocks that run scopes of their own.

use crate::world::{quiet, run, slow, stuck};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use withal::{ExitPool, ResourceExt, Scope, Timeline};

fn check(timeline: &Timeline) {
    let members = (slow("a"), stuck("b"), ExitPool::new());
    let scope = Scope::new(members).observe(timeline);
    let report = run(scope.report_local(async |(_, _, pool)| {
        pool.enter(slow("c")).await?;
        anyhow::Ok(7)
    }));
    assert_eq!(report.body.unwrap().unwrap(), 7);
    assert_eq!((report.failures.len(), timeline.members().len()), (1, 3));
    assert!(timeline.in_flight().is_empty());
}

#[test]
fn one_that_panics() {
    quiet();
    check(&Timeline::with_clock(|| panic!("the clock, as scripted")));
    for nth in 0..20 {
        let readings = AtomicU64::new(0);
        check(&Timeline::with_clock(move || {
            let reading = readings.fetch_add(1, SeqCst);
            assert!(reading != nth, "the clock, as scripted");
            Duration::from_secs(reading)
        }));
    }
}

/// Also one that is dropped with the scope, while the thread unwinds.
#[test]
fn one_that_panics_while_the_thread_does() {
    quiet();
    let timeline = Timeline::with_clock(|| panic!("the clock, as scripted"));
    let unwound = std::panic::catch_unwind(|| {
        let mut scope = Box::pin(Scope::new(slow("a")).observe(&timeline).run(async |_| anyhow::Ok(())));
        assert!(crate::world::poll(scope.as_mut()).is_pending());
        panic!("the test, as scripted");
    });
    assert!(unwound.is_err());
    assert!(timeline.in_flight().is_empty());
}

#[test]
fn one_that_runs_scopes() {
    let inner = Timeline::new();
    let seen = inner.clone();
    check(&Timeline::with_clock(move || {
        run(slow("d").scope(async |_| anyhow::Ok(()))).unwrap();
        run(Scope::new(slow("e")).observe(&inner).run(async |_| anyhow::Ok(()))).unwrap();
        Duration::from_secs(1)
    }));
    assert!(seen.scopes().len() > 10);
}

/// One that looks at the timeline whose time it tells.
#[test]
fn one_that_looks_at_its_timeline() {
    let looks = std::sync::Arc::new(std::sync::Mutex::new(None::<Timeline>));
    let timeline = Timeline::with_clock({
        let looks = looks.clone();
        move || {
            let timeline = looks.lock().unwrap().clone();
            Duration::from_secs(timeline.map_or(0, |timeline| timeline.members().len() as u64))
        }
    });
    *looks.lock().unwrap() = Some(timeline.clone());
    check(&timeline);
    *looks.lock().unwrap() = None; // it would keep itself
}
