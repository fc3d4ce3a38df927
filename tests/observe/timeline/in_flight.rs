//! Who is at work while a scope hangs.

use crate::table::Hand;
use crate::world::{member, ready};
use std::pin::pin;
use std::sync::mpsc;
use withal::testing::READY;
use withal::{Phase, Scope, Timeline};

fn words(timeline: &Timeline) -> Vec<String> {
    timeline.in_flight().iter().map(|one| format!("{one:#}")).collect()
}

#[test]
fn hanging() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let members = (ready("db"), member("redis", READY.pending(2), READY.pending(2)));
    let mut scope = pin!(Scope::new(members).observe(&timeline).run(async |_| {
        crate::world::pend(2).await;
        anyhow::Ok(())
    }));
    assert_eq!(words(&timeline), [""; 0]);
    let mut seen = Vec::new();
    while hand.poll(scope.as_mut()).is_pending() {
        seen.extend(words(&timeline));
    }
    let expected = [
        "tuple: [1] redis has been entering for 1 ms",
        "tuple: [1] redis has been entering for 2 ms",
        "tuple: the body has been running for 1 ms",
        "tuple: the body has been running for 2 ms",
        "tuple: [1] redis has been exiting for 1 ms",
        "tuple: [1] redis has been exiting for 2 ms",
    ];
    assert_eq!(seen, expected);
    assert_eq!(words(&timeline), [""; 0]);
}

/// Those who have been at it longest stand first.
#[test]
fn the_longest_first() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let scope =
        |name| Scope::new(member(name, READY.pending(9), READY)).observe(&timeline).run(async |_| anyhow::Ok(()));
    let (mut young, mut old) = (pin!(scope("young")), pin!(scope("old")));
    assert!(hand.poll(old.as_mut()).is_pending());
    assert!(hand.poll(young.as_mut()).is_pending());
    let in_flight = timeline.in_flight();
    let names: Vec<_> = in_flight.iter().map(|one| (one.scope(), one.name(), one.phase())).collect();
    assert_eq!(names, [("old", "old", Some(Phase::Enter)), ("young", "young", Some(Phase::Enter))]);
}

/// While a thread is stuck within a poll, another can ask.
#[test]
fn from_another_thread() {
    let timeline = Timeline::new();
    let (entering, stuck) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let timeline = &timeline;
    // Moved, so that the thread goes on if this panics.
    std::thread::scope(move |threads| {
        threads.spawn(move || {
            let enter = async move || {
                entering.send(()).unwrap();
                Ok(released.recv()?) // blocks its thread
            };
            let hangs = withal::resource(enter, async |(), _| Ok(()));
            let scope = Scope::new((ready("db"), withal::ResourceExt::named(hangs, "redis"))).observe(timeline);
            crate::world::run(scope.run(async |_| anyhow::Ok(()))).unwrap();
        });
        stuck.recv().unwrap();
        let in_flight = timeline.in_flight();
        assert_eq!(in_flight.len(), 1);
        assert!(in_flight[0].to_string().starts_with("[1] redis has been entering for "), "{}", in_flight[0]);
        assert!(timeline.to_string().contains("[1] redis has been entering for "));
        release.send(()).unwrap();
    });
    assert!(timeline.in_flight().is_empty());
}
