//! The map of guards, and what a body can do to it.

use crate::ready;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::pin;
use withal::OutcomeKind::{Completed, Failed};
use withal::testing::{Event, Token};
use withal::{Outcome, Resource, ResourceExt, Scope};
use withal_common::{World, poll};

/// `member-order`: each guard is under the key of its member.
#[test]
fn a_guard_is_under_the_key_of_its_member() {
    let world = World::default();
    let body = async |guards: &mut BTreeMap<_, Token>| {
        let ids: Vec<_> = guards.iter().map(|(key, guard)| (*key, guard.0)).collect();
        anyhow::Ok(ids)
    };
    let ids = world.run(ready(&world, &["b", "c", "a"]).scope(body)).unwrap();
    assert_eq!(ids, [("a", 2), ("b", 0), ("c", 1)]);
    world.0.check().unwrap();
    let exits: Vec<_> = world.events().into_iter().filter(|event| matches!(event, Event::ExitStarted(..))).collect();
    assert_eq!(exits, [1, 0, 2].map(|id| Event::ExitStarted(id, Completed)), "`reverse-start`");
}

/// `unit`: a map without members enters, runs the body and exits.
#[test]
fn a_map_without_members() {
    let world = World::default();
    let empty = ready(&world, &[]);
    assert_eq!(world.run(empty.scope(async |guards| anyhow::Ok(guards.len()))).unwrap(), 0);
    let report = world.run(Scope::new((ready(&world, &[]), world.ready(0))).report(async |_| Err::<(), _>("no")));
    assert!(report.failures.is_empty());
    assert_eq!(world.events()[2..], [Event::ExitStarted(0, Failed), Event::Exited(0)]);
}

#[test]
fn a_guard_that_the_body_removed() {
    let world = World::default();
    let report = world.run(Scope::new(ready(&world, &["a", "b", "c"])).report(async |guards| {
        guards.remove("b");
        Ok::<_, Infallible>(())
    }));
    assert_eq!(
        report.failures.to_string(),
        "could not exit [1] b: the body took its guard away, so there was nothing to exit it with"
    );
    let exits: Vec<_> = world.events().into_iter().filter(|event| matches!(event, Event::Exited(_))).collect();
    assert_eq!(exits, [Event::Exited(2), Event::Exited(0)]);
}

#[test]
fn a_guard_that_the_body_added() {
    let world = World::default();
    let report = world.run(Scope::new((ready(&world, &["a", "c"]), ())).report(async |(guards, ())| {
        guards.insert("b", Token(7));
        Ok::<_, Infallible>(())
    }));
    assert_eq!(
        report.failures.to_string(),
        "could not exit [0] BTreeMap: the body left a guard that belongs to no member; it was dropped"
    );
    let exits: Vec<_> = world.events().into_iter().filter(|event| matches!(event, Event::Exited(_))).collect();
    assert_eq!(exits, [Event::Exited(1), Event::Exited(0)]);
}

/// A guard under another key belongs to another member, or to none.
#[test]
fn a_guard_that_the_body_moved_to_another_key() {
    let world = World::default();
    let report = world.run(Scope::new(ready(&world, &["a", "b"])).report(async |guards| {
        let guard = guards.remove("a").unwrap();
        guards.insert("z", guard);
        Ok::<_, Infallible>(())
    }));
    let told: Vec<_> = report.failures.iter().map(|failure| (failure.path().to_vec(), failure.name())).collect();
    assert_eq!(told, [(vec![], "BTreeMap"), (vec![0], "a")]);
}

#[test]
fn by_hand() {
    let world = World::default();
    let mut map = ready(&world, &["a", "b"]);
    let guards = world.run(map.enter()).unwrap();
    assert_eq!(guards.keys().copied().collect::<Vec<_>>(), ["a", "b"]);
    world.run(map.exit(guards, Outcome::Completed)).unwrap();
    let guards = world.run(map.enter()).unwrap();
    map.abandon(guards);
    assert!(world.events().ends_with(&[Event::Abandoned(1), Event::Abandoned(0)]));
    let mut guards = world.run(map.enter()).unwrap();
    guards.remove("a");
    let failures = world.run(map.exit(guards, Outcome::Completed)).unwrap_err();
    assert_eq!(failures.first().unwrap().name(), "a");
}

/// A scope that is dropped in its body abandons all members, the last one first.
#[test]
fn a_dropped_scope_abandons_the_members() {
    let world = World::default();
    {
        let scope = ready(&world, &["a", "b"]).scope(async |_| -> anyhow::Result<()> { std::future::pending().await });
        assert!(poll(pin!(scope)).is_pending());
    }
    assert!(world.events().ends_with(&[Event::Abandoned(1), Event::Abandoned(0)]));
}

/// The function of `then` borrows the map, too: after a change of its keys the second is not entered.
#[test]
fn a_guard_that_the_function_of_then_added() {
    let world = World::default();
    let chain = ready(&world, &["a"]).then(|guards| {
        guards.insert("b", Token(7));
        world.ready(1)
    });
    let report = world.run(Scope::new(chain).report(async |_| Ok::<_, Infallible>(())));
    assert_eq!(
        report.failures.to_string(),
        "could not enter [0] BTreeMap: the function of `then` left a guard that belongs to no member; it was dropped"
    );
    assert!(!world.events().contains(&Event::EnterStarted(1)));
}
