//! Keys that borrow, that have one text, or whose `Display` panics.

use crate::ready;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use withal::testing::{Event, Step};
use withal::{Resource, ResourceExt, Scope};
use withal_common::{World, quiet, quiet_panic};

#[test]
fn keys_can_borrow() {
    let world = World::default();
    let text = String::from("web, jobs");
    let names: Vec<_> = text.split(", ").collect();
    let members: BTreeMap<&str, _> = names.iter().enumerate().map(|(id, name)| (*name, world.ready(id))).collect();
    let web = world.run(members.scope(async |guards| anyhow::Ok(guards["web"].0))).unwrap();
    assert_eq!(web, 0);
}

/// The future of a scope with borrowed keys can go to another thread, also within another future.
#[test]
fn a_scope_with_borrowed_keys_is_send() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let world = World::default();
    let text = String::from("a");
    let keys = BTreeMap::from([(text.as_str(), world.ready(0))]);
    let task = is_send(async { keys.scope(async |guards| anyhow::Ok(guards.len())).await });
    assert_eq!(world.run(task).unwrap(), 1);
}

/// A number, with a text of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(usize, &'static str);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1 == "panics" {
            quiet_panic("the key panics, as scripted");
        }
        f.write_str(self.1)
    }
}

/// Two keys with the same text: both keep it, and their positions differ.
#[test]
fn keys_with_one_text() {
    let world = World::default();
    let fails = |id| (Key(id, "same"), world.enters(id, Step::error()));
    let report = world.run(Scope::new(BTreeMap::from([0, 1].map(fails))).report(async |_| Ok::<_, Infallible>(())));
    let told: Vec<_> = report.failures.iter().map(|failure| (failure.path().to_vec(), failure.name())).collect();
    assert_eq!(told, [(vec![0], "same"), (vec![1], "same")]);
}

/// `panic-anywhere`: a key whose `Display` panics costs a name; all members are entered and exited.
#[test]
fn a_key_whose_display_panics() {
    quiet();
    let world = World::default();
    let members = || BTreeMap::from([(Key(0, "a"), world.ready(0)), (Key(1, "panics"), world.ready(1))]);
    let report = world.run(Scope::new(members()).report(async |guards| Ok::<_, Infallible>(guards.len())));
    assert_eq!(report.body, Some(Ok(2)));
    assert_eq!(report.failures.to_string(), "could not exit BTreeMap: panicked: the key panics, as scripted");
    world.0.check().unwrap();
    let exits: Vec<_> = world.events().into_iter().filter(|event| matches!(event, Event::Exited(_))).collect();
    assert_eq!(exits, [Event::Exited(1), Event::Exited(0)]);

    let fails = BTreeMap::from([(Key(0, "panics"), world.enters(2, Step::error())), (Key(1, "b"), world.ready(3))]);
    let report = world.run(Scope::new(fails).report(async |_| Ok::<_, Infallible>(())));
    let told: Vec<_> = report.failures.iter().map(|failure| (failure.path().to_vec(), failure.name())).collect();
    assert_eq!(told, [(vec![], "BTreeMap"), (vec![0], "Scripted")]);
    world.0.check().unwrap();
}

/// A member can be entered again: its map is as before.
#[test]
fn a_map_is_entered_again() {
    let world = World::default();
    let mut map = ready(&world, &["a", "b"]);
    for _ in 0..2 {
        let keys = (&mut map).scope(async |guards| anyhow::Ok(guards.keys().copied().collect::<Vec<_>>()));
        assert_eq!(world.run(keys).unwrap(), ["a", "b"]);
    }
    assert_eq!(map.name(), "BTreeMap");
    world.0.check().unwrap();
}
