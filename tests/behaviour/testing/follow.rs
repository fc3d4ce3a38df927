//! What the ledger says to any course of events.

use withal::OutcomeKind::Completed;
use withal::testing::{Event, Event::*, Ledger};

fn recorded(events: &[Event]) -> Ledger {
    let ledger = Ledger::new();
    for &event in events {
        ledger.record(event);
    }
    ledger
}

/// Checks that these events break the law, and that the ledger says how.
fn breaks(law: &str, what: &str, events: &[Event]) {
    let violation = recorded(events).check().expect_err(what);
    assert_eq!((violation.law(), violation.member()), (law, Some(3)), "{violation}");
    assert_eq!(violation.to_string(), format!("law `{law}`: member 3 {what}; what happened to it: {events:?}"));
}

#[test]
fn it_has_to_come_out() {
    let out = "entered, and was neither exited nor abandoned";
    breaks("exactly-once", out, &[EnterStarted(3), Entered(3)]);
    breaks("settle", "was left in the middle of its enter", &[EnterStarted(3)]);
    breaks(
        "wait-for-exits",
        "was left in the middle of its exit",
        &[EnterStarted(3), Entered(3), ExitStarted(3, Completed)],
    );
}

#[test]
fn who_is_not_in_is_not_let_go() {
    for never in [EnterFailed(3), EnterPanicked(3), EnterDropped(3)] {
        for gone in [ExitStarted(3, Completed), Abandoned(3)] {
            breaks("never-entered", "was let go of although it was not in", &[EnterStarted(3), never, gone]);
        }
    }
    breaks("never-entered", "was let go of although it was not in", &[Abandoned(3)]);
}

#[test]
fn nobody_is_let_go_twice() {
    let begun = [EnterStarted(3), Entered(3), ExitStarted(3, Completed)];
    for again in [ExitStarted(3, Completed), Abandoned(3)] {
        breaks("exactly-once", "was let go of twice", &[begun.as_slice(), &[again]].concat());
    }
}

#[test]
fn each_event_has_its_turn() {
    let turn = "was entered or exited out of turn";
    breaks("exactly-once", turn, &[Entered(3)]);
    breaks("exactly-once", turn, &[EnterStarted(3), EnterStarted(3)]);
    breaks("exactly-once", turn, &[EnterStarted(3), Exited(3)]);
    breaks("exactly-once", turn, &[EnterStarted(3), Abandoned(3)]);
    breaks("exactly-once", turn, &[EnterStarted(3), Entered(3), EnterFailed(3)]);
    breaks("exactly-once", turn, &[EnterStarted(3), Entered(3), EnterStarted(3)]);
    breaks("exactly-once", turn, &[EnterStarted(3), Entered(3), ExitDropped(3)]);
    breaks("exactly-once", turn, &[EnterStarted(3), Entered(3), ExitStarted(3, Completed), EnterDropped(3)]);
}

/// A member may go in and out again, whichever way; and members and body go side by side.
#[test]
fn all_ways_out_are_good() {
    let mut events = Vec::new();
    for never in [EnterFailed(0), EnterPanicked(0), EnterDropped(0)] {
        events.extend([EnterStarted(0), never]);
    }
    for out in [Exited(0), ExitFailed(0), ExitPanicked(0), ExitDropped(0)] {
        events.extend([EnterStarted(0), Entered(0), ExitStarted(0, Completed), out]);
    }
    events.extend([EnterStarted(0), Entered(0), Abandoned(0)]);
    let other = [EnterStarted(9), BodyStarted, Entered(9), BodyDropped, Abandoned(9), BodyEnded];
    for (at, event) in other.into_iter().enumerate() {
        events.insert(at * 2, event);
    }
    assert_eq!(recorded(&events).check(), Ok(()));
}

#[test]
fn the_first_member_is_named() {
    let events = [EnterStarted(7), EnterStarted(3), EnterStarted(4), Entered(3), BodyStarted];
    let violation = recorded(&events).check().unwrap_err();
    assert_eq!((violation.law(), violation.member()), ("exactly-once", Some(3)));
}

#[test]
fn an_event_knows_its_member() {
    let of_members =
        [EnterStarted(3), Entered(3), EnterFailed(3), EnterPanicked(3), EnterDropped(3), ExitStarted(3, Completed)]
            .into_iter()
            .chain([Exited(3), ExitFailed(3), ExitPanicked(3), ExitDropped(3), Abandoned(3)]);
    for event in of_members {
        assert_eq!(event.member(), Some(3), "{event:?}");
    }
    for event in [BodyStarted, BodyEnded, BodyDropped] {
        assert_eq!(event.member(), None, "{event:?}");
    }
}

#[test]
fn clones_are_one_ledger() {
    let ledger = Ledger::new();
    ledger.clone().record(BodyStarted);
    assert_eq!(ledger.events(), [BodyStarted]);
    ledger.clear();
    assert_eq!(ledger.events(), []);
}
