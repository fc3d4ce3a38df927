//! The use is the guard's: guards that the body swaps, moves out, or drops.

use super::{short, slow};
use std::mem::swap;
use withal::testing::{Event, READY, Script, Token};
use withal::{Outcome, Resource, ResourceExt, SharedGuard, shared};
use withal_common::{World, panic_of, pend};

/// Each resource is exited by its own last use, whoever has its guard.
#[test]
fn guards_are_swapped() {
    let world = World::default();
    let script = Script { enter: READY.pending(1), exit: READY.pending(1) };
    let (a, b) = (shared(world.0.member(0, script)), shared(world.0.watch(2, world.0.member(1, script))));
    let mut lasting = Box::pin(a.clone().scope(async |_| {
        pend(5).await;
        anyhow::Ok(())
    }));
    assert!(world.0.poll(lasting.as_mut()).is_pending());
    let swapped = (a, b).scope(async |(a, b)| {
        swap::<SharedGuard<Token>>(a, b);
        assert_eq!((a.0, b.0), (1, 0));
        anyhow::Ok(())
    });
    world.run(swapped).unwrap();
    let events = world.0.events();
    assert!(events.contains(&Event::Exited(1)) && !events.contains(&Event::Exited(0)), "{events:?}");
    world.run(lasting).unwrap();
    short(&world);
}

#[test]
fn a_guard_that_is_moved_out_is_a_use() {
    let world = World::default();
    let db = slow(&world, 1, 1);
    let mut kept = Vec::new();
    let error = world.run(vec![db.clone(), db.clone()].scope(async |guards| {
        kept.extend(guards.pop());
        anyhow::Ok(())
    }));
    let text = error.unwrap_err().to_string();
    assert!(text.ends_with("took its guard away, so there was nothing to exit it with"), "{text}");
    assert_eq!(format!("{db:?}"), r#"Shared { name: "Scripted", state: "up", uses: 1, .. }"#);
    assert_eq!(world.run(db.clone().scope(async |db| anyhow::Ok(db.0))).unwrap(), 0);
    assert!(format!("{db:?}").contains(r#""up", uses: 1"#));
    drop(db); // the guard keeps it
    assert_eq!(kept[0].0, 0);
    drop(kept);
    assert_eq!(short(&world), "ea");
}

/// A panic of `abandon` resumes where the last guard is dropped, and the resource can be entered anew.
#[test]
fn abandon_panics() {
    struct Fragile;
    impl Resource for Fragile {
        type Guard = ();
        type Error = std::fmt::Error;
        async fn enter(&mut self) -> Result<(), std::fmt::Error> {
            Ok(())
        }
        async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), std::fmt::Error> {
            Ok(())
        }
        fn abandon(&mut self, (): ()) {
            panic!("abandoned");
        }
    }
    let world = World::default();
    let fragile = shared(Fragile);
    let mut scope = Box::pin(fragile.clone().scope(async |_| std::future::pending::<anyhow::Result<()>>().await));
    assert!(world.0.poll(scope.as_mut()).is_pending());
    assert_eq!(panic_of(|| drop(scope)).as_deref(), Some("abandoned"));
    world.run(fragile.scope(async |_| anyhow::Ok(()))).unwrap();
}
