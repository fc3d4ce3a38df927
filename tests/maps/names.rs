//! The names of members in failures and for observers: the texts of their keys.

use std::collections::BTreeMap;
use std::convert::Infallible;
use withal::testing::{READY, Step};
use withal::{Event, ExitPool, Observe, Report, Resource, ResourceExt, Scope, resource};
use withal_common::{Log, World};

fn told<T, E>(report: &Report<T, E>) -> Vec<String> {
    report.failures.iter().map(|failure| format!("{:?} {}", failure.path(), failure.name())).collect()
}

/// Runs a scope, and returns the places and names of its failures.
fn names(world: &World, resource: impl Resource) -> Vec<String> {
    told(&world.run(Scope::new(resource).report_local(async |_| Ok::<_, Infallible>(()))))
}

#[test]
fn a_key_names_its_member() {
    let world = World::default();
    let services = BTreeMap::from([("web", world.ready(0)), ("jobs", world.exits(1, Step::error()))]);
    let failed = world.run(services.scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(failed.to_string(), "could not exit [0] jobs: member 1 fails, as scripted");
}

/// As by `named`: it replaces the name of a lone member, and stands before those of a group.
#[test]
fn a_key_is_a_name_as_any_other() {
    let world = World::default();
    let fails = |id| world.enters(id, Step::error());
    assert_eq!(names(&world, BTreeMap::from([(7, fails(0).named("own"))])), ["[0] 7"]);
    assert_eq!(names(&world, BTreeMap::from([("k", (world.ready(0), fails(1)))])), ["[0, 1] k/Scripted"]);
    assert_eq!(names(&world, BTreeMap::from([("k", [fails(0).named("a")].named("g"))])), ["[0, 0] k/a"]);
    assert_eq!(names(&world, BTreeMap::from([("k", BTreeMap::from([("l", fails(0))]))])), ["[0, 0] k/l"]);
    assert_eq!(names(&world, (BTreeMap::from([("k", fails(0))]).named("map"), ())), ["[0, 0] map/k"]);
    assert_eq!(names(&world, BTreeMap::from([("k", fails(0).boxed())]).boxed()), ["[0] k"]);
}

#[test]
fn by_hand_too() {
    let world = World::default();
    let mut map = BTreeMap::from([("k", [world.enters(0, Step::error())])]).named("map");
    assert_eq!(
        world.run(map.enter()).unwrap_err().to_string(),
        "could not enter [0, 0] map/k/Scripted: \
        member 0 fails, as scripted"
    );
}

/// A set under a key has the key as its name.
#[test]
fn a_key_names_a_set() {
    let world = World::default();
    let map = BTreeMap::from([("k", ExitPool::new())]);
    let entered = map.scope(async |pools| {
        let fails = resource(async || Err::<(), _>("no".into()), async |(), _| Ok(()));
        let failed = pools["k"].enter(fails).await.map(drop).unwrap_err();
        anyhow::Ok(failed.to_string())
    });
    assert_eq!(world.run(entered).unwrap(), "could not enter k/ResourceFn: no");
}

#[derive(Clone, Default)]
struct Seen(Log);

impl Observe for Seen {
    fn event(&self, event: &Event<'_>) {
        if let [_, ..] = event.path() {
            self.0.add(format!("{:?} {}", event.path(), event.name()));
        }
    }
}

#[test]
fn observers_see_the_keys() {
    let (world, seen) = (World::default(), Seen::default());
    let map = BTreeMap::from([("a", (world.ready(0),)), ("b", (world.enters(1, READY),))]);
    world.run(Scope::new(map.named("m")).observe(&seen).run(async |_| anyhow::Ok(()))).unwrap();
    let seen = seen.0.take();
    assert!(seen.contains(&"[0, 0] m/a/Scripted".to_owned()), "{seen:?}");
    assert!(seen.contains(&"[1, 0] m/b/Scripted".to_owned()), "{seen:?}");
}
