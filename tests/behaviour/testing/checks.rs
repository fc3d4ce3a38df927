//! Checks of the user's own, and the body as it is recorded.

use super::panic_of;
use futures::executor::block_on;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use withal::testing::{Event, Event::*, Ledger, Script, sweep_drops, sweep_signals};
use withal::{OutcomeKind, ResourceExt};

#[test]
fn an_own_check_is_one_of_the_ledger() {
    let (ledger, good) = (Ledger::new(), Arc::new(AtomicBool::new(true)));
    let holds = Arc::clone(&good);
    ledger.clone().check_also("all is good", move || holds.load(SeqCst));
    assert_eq!(ledger.check(), Ok(()));
    good.store(false, SeqCst);
    ledger.record(BodyStarted);
    let violation = ledger.check().unwrap_err();
    assert_eq!((violation.law(), violation.member()), ("all is good", None));
    assert_eq!(violation.to_string(), "`all is good` does not hold; what happened: [BodyStarted]");
    ledger.clear();
    assert_eq!(ledger.check().unwrap_err().to_string(), "`all is good` does not hold; what happened: []");
}

/// The laws go first, then the checks as they were added; they may use the ledger.
#[test]
fn the_first_that_fails_is_told() {
    let ledger = Ledger::new();
    let own = ledger.clone();
    ledger.check_also("nothing happened", move || own.events().is_empty());
    ledger.check_also(String::from("never"), || false);
    assert_eq!(ledger.check().unwrap_err().law(), "never");
    ledger.record(BodyStarted);
    assert_eq!(ledger.check().unwrap_err().law(), "nothing happened");
    ledger.record(EnterStarted(3));
    assert_eq!(ledger.check().unwrap_err().law(), "settle");
}

#[test]
fn an_own_check_may_panic() {
    let ledger = Ledger::new();
    ledger.check_also("all is good", || panic!("it is not"));
    let told = panic_of(|| panic!("{}", ledger.check().unwrap_err()));
    assert_eq!(told, "`all is good` panicked: it is not; what happened: []");
}

/// After each run, within the message that says which one it was.
#[test]
fn a_sweep_checks_it_after_each_run() {
    let (ledger, checks, last) = (Ledger::new(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(usize::MAX)));
    let (count, until) = (Arc::clone(&checks), Arc::clone(&last));
    ledger.check_also("all is good", move || count.fetch_add(1, SeqCst) < until.load(SeqCst));
    assert_eq!(block_on(sweep_drops(&ledger, || ledger.pend(2))), 3);
    assert_eq!(checks.swap(0, SeqCst), 6);
    assert_eq!(block_on(sweep_signals(&ledger, |_| ledger.pend(2))), 3);
    assert_eq!(checks.swap(0, SeqCst), 6);
    for (runs, at) in [
        (0, "undisturbed"),
        (1, "undisturbed, a second time"),
        (2, "dropped after 0 polls"),
        (4, "dropped after 2 polls"),
        (5, "undisturbed, after all drops"),
    ] {
        checks.store(0, SeqCst);
        last.store(runs, SeqCst);
        let told = panic_of(|| block_on(sweep_drops(&ledger, || ledger.pend(2))));
        assert_eq!(told, format!("{at}: `all is good` does not hold; what happened: []"));
    }
    checks.store(0, SeqCst);
    let told = panic_of(|| block_on(sweep_signals(&ledger, |_| ledger.pend(2))));
    assert_eq!(told, "undisturbed, after all signals: `all is good` does not hold; what happened: []");
}

#[test]
fn a_body_is_recorded() {
    let ledger = Ledger::new();
    block_on(ledger.member(0, Script::default()).scope(async |_| {
        ledger.body(ledger.pend(1)).await;
        anyhow::Ok(())
    }))
    .unwrap();
    assert_eq!(ledger.events()[1..4], [Entered(0), BodyStarted, BodyEnded]);
    ledger.clear();
    assert_eq!(block_on(ledger.body(async { 7 })), 7);
    assert_eq!(ledger.events(), [BodyStarted, BodyEnded]);
    ledger.clear();
    assert!(ledger.poll(pin!(ledger.body(pending::<()>()))).is_pending());
    assert_eq!(ledger.events(), [BodyStarted, BodyDropped]);
    ledger.clear();
    assert_eq!(panic_of(|| block_on(ledger.body(async { panic!("body") }))), "body");
    assert_eq!(ledger.events(), [BodyStarted, BodyEnded]);
}

/// It is gone before that is recorded.
#[test]
fn a_body_is_dropped_before_it_is_told() {
    struct OnDrop(Ledger);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.0.record(Abandoned(9));
        }
    }
    let ledger = Ledger::new();
    let held = OnDrop(ledger.clone());
    let body = async move {
        let _held = held;
        pending::<()>().await;
    };
    assert!(ledger.poll(pin!(ledger.body(body))).is_pending());
    assert_eq!(ledger.events(), [BodyStarted, Abandoned(9), BodyDropped]);
}

/// What a sweep says to a scene in which these happened, and then nothing more.
fn hangs_after(events: &[Event]) -> String {
    let ledger = Ledger::new();
    let scene = async || {
        for event in events {
            ledger.record(*event);
        }
        pending::<()>().await;
    };
    panic_of(|| block_on(sweep_drops(&ledger, scene)))
}

/// What has begun is named where it hangs, and what is over is not.
#[test]
fn who_is_in_flight_is_named() {
    let pending = "undisturbed: the scene is pending after 1 polls, and nobody is left who could wake it; in flight:";
    let events = [EnterStarted(0), Entered(0), BodyStarted];
    assert_eq!(hangs_after(&events), format!("{pending} the body; what happened: {events:?}"));
    let events = [EnterStarted(0), Entered(0)];
    assert_eq!(hangs_after(&events), format!("{pending} no member; what happened: {events:?}"));
    let events = [
        [EnterStarted(1), EnterStarted(2), EnterStarted(3), EnterStarted(4)],
        [EnterFailed(1), EnterPanicked(2), EnterDropped(3), Entered(4)],
        [EnterStarted(5), EnterStarted(7), EnterStarted(6), Entered(5)],
    ];
    let told = hangs_after(events.as_flattened());
    assert!(told.contains(" in flight: the enter of member 7, the enter of member 6; "), "{told}");
    let exits = [1, 2, 3, 4, 5].map(|id| ExitStarted(id, OutcomeKind::Completed));
    let ends = [Exited(1), ExitFailed(2), ExitPanicked(3), ExitDropped(5), Abandoned(4)];
    let told = hangs_after(&[exits.as_slice(), &ends, &[BodyStarted, BodyDropped, BodyStarted, BodyEnded]].concat());
    assert!(told.contains(" in flight: the exit of member 4; "), "{told}");
}
