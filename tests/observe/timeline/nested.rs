//! Scopes in the body of another one that is given up: they come down, and return into nothing (law `nested-until`).

use crate::events::Events;
use crate::table::{Hand, lines};
use crate::world::{member, pend, slow, stuck};
use std::future::pending;
use std::pin::pin;
use withal::testing::READY;
use withal::{Scope, cancelled, shield};

/// Its exits and its end are there, before the end of the body around.
#[test]
fn a_scope_that_never_returns_ends() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let body = async |_: &mut _| {
        let inner = (slow("b"), member("c", READY, READY.pending(3)));
        Scope::new(inner).observe(&timeline).run(async |_| pending::<anyhow::Result<()>>().await).await
    };
    let scope = Scope::new(slow("a")).until(pend(4)).observe(&timeline).run(body);
    assert_eq!(hand.run(scope).unwrap_err().to_string(), "the scope was cancelled");
    let expected = [
        "a 0-7 Cancelled",
        "body 1-6 Dropped",
        "[] a: enter 0-1, exit 6-7 told Cancelled",
        "tuple 1-6 Cancelled",
        "body 2-3 Dropped",
        "[0] b: enter 1-2, exit 3-4 told Cancelled",
        "[1] c: enter 1-1, exit 3-6 told Cancelled",
    ];
    assert_eq!(lines(&timeline), expected);
    assert!(timeline.in_flight().is_empty());
}

/// Its failures are there, in its own rows.
#[test]
fn a_scope_that_never_returns_shows_its_failures() {
    let hand = Hand::default();
    let (timeline, events) = (hand.timeline(), Events::default());
    let scope = Scope::new(slow("a")).until(pend(4)).observe(&timeline).run(async |_| {
        let inner = Scope::new((stuck("b"), slow("c"))).observe(&events);
        inner.run(async |_| pending::<anyhow::Result<()>>().await).await
    });
    let error = hand.run(scope).unwrap_err();
    assert!(error.to_string().contains("body/b"), "{error}");
    assert!(timeline.in_flight().is_empty());
    events.check();
    let lines = events.lines();
    let expected = [
        "tuple BodyEnded(Dropped)",
        "[1] c UpEnded(Done)",
        "[1] c ExitBegan(Cancelled)",
        "[0] b UpEnded(Done)",
        "[0] b ExitBegan(Cancelled)",
        "[0] b ExitEnded(Failed)",
        "[1] c ExitEnded(Done)",
        "[0] b Failed(Exit, \"member 0 fails, as scripted\")",
        "tuple ScopeEnded(Cancelled)",
    ];
    assert!(lines.ends_with(&expected.map(String::from)), "{lines:#?}");
}

/// While it comes down, and while a shield holds the body up, the body around is running.
#[test]
fn the_body_around_runs_until_all_within_is_out() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let scope = Scope::new(slow("a")).until(pend(3)).observe(&timeline).run(async |_| {
        shield(async {
            cancelled().await;
            pend(3).await;
        })
        .await;
        pending::<anyhow::Result<()>>().await
    });
    let mut scope = pin!(scope);
    let mut seen = Vec::new();
    while hand.poll(scope.as_mut()).is_pending() {
        let in_flight = timeline.in_flight();
        seen.push(in_flight.iter().map(|one| format!("{one:#}")).collect::<Vec<_>>().join(", "));
    }
    assert_eq!(lines(&timeline), ["a 0-6 Cancelled", "body 1-5 Dropped", "[] a: enter 0-1, exit 5-6 told Cancelled"]);
    assert!(seen.contains(&"a: the body has been running for 4 ms".to_owned()), "{seen:#?}");
}
