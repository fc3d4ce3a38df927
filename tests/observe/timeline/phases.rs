//! When each phase begins and ends, and how.

use crate::table::{Hand, lines};
use crate::world::{barred, member, once, pend, quiet, ready, slow, stuck};
use std::future::pending;
use withal::testing::{READY, Step};
use withal::{BoxError, Resource, ResourceExt, Scope};

const FAILS: &str = "(member 0 fails, as scripted)";
const PANICS: &str = "(panicked: member 0 panics, as scripted)";

/// Runs a scope whose body ends like this, and gives what is on the timeline.
fn shown<R: Resource>(members: R, body: impl FnOnce() -> Result<(), BoxError> + Send) -> Vec<String> {
    quiet();
    let hand = Hand::default();
    let timeline = hand.timeline();
    // Not `run`: that would resume the panics.
    drop(hand.run(Scope::new(members).observe(&timeline).report(async |_| body())));
    assert!(timeline.in_flight().is_empty());
    lines(&timeline)
}

#[test]
fn all_goes_well() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let members = (ready("a"), slow("b"), member("c", READY.pending(2), READY.pending(3)));
    hand.run(Scope::new(members).observe(&timeline).run(async |_| {
        once().await;
        anyhow::Ok(())
    }))
    .unwrap();
    let expected = [
        "tuple 0-6 Completed",
        "body 2-3",
        "[0] a: enter 0-0, exit 3-3 told Completed",
        "[1] b: enter 0-1, exit 3-4 told Completed",
        "[2] c: enter 0-2, exit 3-6 told Completed",
    ];
    assert_eq!(lines(&timeline), expected);
}

#[test]
fn the_body_fails() {
    let expected = ["a 0-0 Failed", "body 0-0 Failed", "[] a: enter 0-0, exit 0-0 told Failed"];
    assert_eq!(shown(ready("a"), || Err("no luck".into())), expected);
}

#[test]
fn the_body_panics() {
    let expected = ["a 0-2 Panicked", "body 1-1 Panicked", "[] a: enter 0-1, exit 1-2 told Panicked"];
    assert_eq!(shown(slow("a"), || panic!("no luck, as scripted")), expected);
}

#[test]
fn enters_fail() {
    let members = (slow("a"), barred("b"), member("c", Step::panic().pending(2), READY));
    let expected = [
        "tuple 0-3 Panicked",
        "[0] a: enter 0-1, exit 2-3 told Panicked",
        &format!("[1] b: enter 0-0 Failed {FAILS}"),
        &format!("[2] c: enter 0-2 Panicked {PANICS}"),
    ];
    assert_eq!(shown(members, || Ok(())), expected);
}

#[test]
fn exits_fail() {
    let members = (stuck("a"), member("b", READY, Step::panic().pending(2)), slow("c"));
    let expected = [
        "tuple 0-3 Completed",
        "body 1-1",
        &format!("[0] a: enter 0-0, exit 1-1 Failed told Completed {FAILS}"),
        &format!("[1] b: enter 0-0, exit 1-3 Panicked told Completed {PANICS}"),
        "[2] c: enter 0-1, exit 1-2 told Completed",
    ];
    assert_eq!(shown(members, || Ok(())), expected);
}

#[test]
fn given_up() {
    let members = (ready("a"), slow("b"), member("c", READY.pending(9), READY), barred("d")).fail_fast();
    let expected = [
        "tuple 0-0 EnterFailed",
        "[0] a: enter 0-0, exit 0-0 told EnterFailed",
        "[1] b: enter 0-0 Dropped",
        "[2] c: enter 0-0 Dropped",
        &format!("[3] d: enter 0-0 Failed {FAILS}"),
    ];
    assert_eq!(shown(members, || Ok(())), expected);

    // What never starts has no row.
    assert_eq!(shown((barred("a"), ready("b")).fail_fast(), || Ok(())).len(), 2);
}

#[test]
fn late() {
    let hangs = member("b", READY.pending(9), READY);
    let expected = [
        "tuple 0-1 EnterFailed",
        "[0] a: enter 0-0, exit 1-1 told EnterFailed",
        "[1] b: enter 0-1 Late (its deadline has elapsed)",
    ];
    assert_eq!(shown((ready("a"), hangs).enter_within(once), || Ok(())), expected);

    let hangs = member("b", READY, READY.pending(9));
    let expected = [
        "tuple 0-1 Completed",
        "body 0-0",
        "[0] a: enter 0-0, exit 0-0 told Completed",
        "[1] b: enter 0-0, exit 0-1 Late told Completed (its deadline has elapsed)",
    ];
    assert_eq!(shown((ready("a"), hangs).exit_within(once), || Ok(())), expected);
}

#[test]
fn late_before_it_began() {
    let members = (ready("a"), member("b", READY, READY.pending(9))).in_order().exit_within(once);
    let expected = [
        "tuple 0-1 Completed",
        "body 0-0",
        "[0] a: enter 0-0, exit (its deadline has elapsed), abandoned at 1",
        "[1] b: enter 0-0, exit 0-1 Late told Completed (its deadline has elapsed)",
    ];
    assert_eq!(shown(members, || Ok(())), expected);
}

#[test]
fn cancelled() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let forever = async |_: &mut _| pending::<anyhow::Result<()>>().await;
    hand.run(Scope::new(slow("a")).until(pend(4)).observe(&timeline).run(forever)).unwrap_err();
    let expected = ["a 0-3 Cancelled", "body 1-2 Dropped", "[] a: enter 0-1, exit 2-3 told Cancelled"];
    assert_eq!(lines(&timeline), expected);
}

#[test]
fn cancelled_before_anything() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let scope = Scope::new(slow("a")).until(async {}).observe(&timeline);
    hand.run(scope.run(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(lines(&timeline), ["a 0-0 Cancelled"]);
}

#[test]
fn one_after_the_other() {
    let expected = [
        " 0-5 Completed",
        "body 3-3",
        "[0] a: enter 0-1, exit 4-5 told Completed",
        "[1] b: enter 1-3, exit 3-4 told Completed",
    ];
    let then = slow("a").then(|_| member("b", READY.pending(2), READY.pending(1)));
    assert_eq!(shown(then, || Ok(()))[1..], expected[1..]);
}

#[test]
fn made_from_closures() {
    use withal::{adopt, defer, resource};
    let opened = resource(
        async || {
            once().await;
            Ok(())
        },
        async |(), _| Ok(()),
    );
    let members =
        (opened.named("a"), adopt((), async |(), _| Err("no luck".into())).named("b"), defer(async |_| Ok(())));
    let lines = shown(members, || Ok(()));
    let expected = [
        "tuple 0-1 Completed",
        "body 1-1",
        "[0] a: enter 0-1, exit 1-1 told Completed",
        "[1] b: enter 0-0, exit 1-1 Failed told Completed (no luck)",
    ];
    assert_eq!(lines[..4], expected);
    assert!(lines[4].ends_with(": enter 0-0, exit 1-1 told Completed"), "{}", lines[4]);
}
