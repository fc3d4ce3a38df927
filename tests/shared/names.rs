//! Failures have the name of the inner resource, at the place of the user.

use super::slow;
use withal::testing::{Script, Step};
use withal::{Outcome, Resource, ResourceExt, ScopeError, defer, shared};
use withal_common::{World, panic_of, quiet};

#[test]
fn failures_name_the_inner_resource() {
    let world = World::default();
    let fails = || world.enters(0, Step::error());
    let redis = shared(fails().named("redis"));
    let error: ScopeError = world.run((world.ready(1), redis.clone()).scope(async |_| Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1] redis: member 0 fails, as scripted");
    let error: ScopeError = world.run(((), redis.named("cache")).scope(async |_| Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1] cache: member 0 fails, as scripted");

    let cluster = shared((world.ready(2), [fails()]).named("cluster"));
    let error: ScopeError = world.run((world.ready(1), cluster.clone()).scope(async |_| Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1, 1, 0] cluster/Scripted: member 0 fails, as scripted");
    assert_eq!(cluster.name(), "cluster");
    let error: ScopeError = world.run(cluster.named("other").scope(async |_| Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1, 0] other/Scripted: member 0 fails, as scripted");

    let unnamed = shared((world.ready(2), fails()));
    assert_eq!(unnamed.name(), "tuple");
    let error: ScopeError = world.run((unnamed, ()).scope(async |_| Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [0, 1] Scripted: member 0 fails, as scripted");
}

#[test]
fn errors_are_mapped_and_boxed() {
    let world = World::default();
    let failing = shared(world.exits(0, Step::error()));
    let mapped = failing.clone().map_err(std::io::Error::other);
    let error: ScopeError = world.run(mapped.scope(async |_| Ok(()))).unwrap_err();
    assert!(error.failures().first().unwrap().error().is::<std::io::Error>());
    let boxed = vec![failing.clone().boxed(), failing.boxed()];
    let error: ScopeError = world.run(boxed.scope(async |_| Ok(()))).unwrap_err();
    assert!(error.to_string().ends_with("Scripted: member 0 fails, as scripted"), "{error}");
}

/// `name` is called once, when the resource is shared.
#[test]
fn a_name_that_panics() {
    struct Nameless;
    impl Resource for Nameless {
        type Guard = ();
        type Error = String;
        async fn enter(&mut self) -> Result<(), String> {
            Ok(())
        }
        async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), String> {
            Ok(())
        }
        fn name(&self) -> &str {
            panic!("no name, as scripted")
        }
    }
    quiet();
    let nameless = shared(Nameless);
    assert_eq!(nameless.name(), "Nameless");
    World::default().run(nameless.scope(async |_| anyhow::Ok(()))).unwrap();
}

#[test]
fn a_resource_that_panics_in_its_drop() {
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let loud = Loud;
    let unused = shared(defer(async move |_| {
        drop(loud);
        Ok(())
    }));
    assert_eq!(panic_of(|| drop(unused)).as_deref(), Some("dropped"));
}

/// It is entered in a scope, and exits by the same holds as any member.
#[test]
fn observed() {
    let world = World::default();
    let script = Script { enter: Step::default().pending(1), exit: Step::default().pending(1) };
    let timeline = withal::Timeline::new();
    let (db, other) = (slow(&world, 1, 1), world.0.member(1, script));
    let scope = withal::Scope::new((db.clone(), db, other)).observe(&timeline);
    world.run(scope.run(async |_| anyhow::Ok(()))).unwrap();
    let text = timeline.to_string();
    assert_eq!(text.matches("Scripted").count(), 3, "{text}");
}
