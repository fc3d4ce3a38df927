//! Members of sets whose exits are late: each is told with what it did before (law `nothing-lost`).

use withal::OutcomeKind::{Completed, Released};
use withal::testing::Event::*;
use withal::testing::{READY, Step};
use withal::{BoxError, ExitPool, ExitStack, Handle, ResourceExt, Scope, ScopeError};
use withal_common::{World, caught, quiet};

/// A late exit is cut; members that had not begun are abandoned, and all are reported.
#[test]
fn a_deadline_reports_who_was_late() {
    let world = World::default();
    let stack = ExitStack::new().exit_within(|| world.0.pend(1));
    let report = world.run(Scope::new(stack).report(async |stack| {
        let released = stack.enter(world.exits(0, READY.pending(9)).named("released")).await?;
        stack.enter(world.ready(1)).await?;
        stack.enter(world.exits(2, READY.pending(9)).named("slow")).await?;
        stack.enter(world.ready(3)).await?;
        let mut exit = Box::pin(Handle::exit(released));
        assert!(futures::poll!(&mut exit).is_pending());
        Ok::<_, ScopeError>(())
    }));
    world.0.check().unwrap();
    let late: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    let late_ones = ["[0] released", "[1] Scripted", "[2] slow"];
    assert_eq!(late, late_ones.map(|who| format!("could not exit {who}: its deadline has elapsed")));
    let events = world.events();
    assert!(events.ends_with(&[ExitDropped(2), Abandoned(1), ExitDropped(0)]), "{events:?}");
}

/// `panic-anywhere`: an exit that is cut by a deadline and panics when it is dropped takes nobody with it.
#[test]
fn a_late_exit_that_panics_when_it_is_dropped() {
    struct Sharp;
    impl Drop for Sharp {
        fn drop(&mut self) {
            std::panic::panic_any("dropped, as scripted".to_owned());
        }
    }
    async fn sharp() -> Result<(), BoxError> {
        let _sharp = Sharp;
        std::future::pending().await
    }
    quiet();
    for early in [false, true] {
        let world = World::default();
        let slow = world.exits(9, READY.pending(3));
        let members = (slow, (ExitStack::new(), ExitPool::new()).exit_within(|| world.0.pend(1)));
        let report = world.run(Scope::new(members).report(async |(_, (stack, pool))| {
            stack.enter(world.ready(0)).await?;
            let last = stack.defer(async |_| sharp().await);
            pool.defer(async |_| sharp().await);
            pool.defer(async |_| sharp().await);
            if early {
                let mut exit = Box::pin(Handle::exit(last));
                assert!(futures::poll!(&mut exit).is_pending());
            }
            Ok::<_, ScopeError>(())
        }));
        world.0.check().unwrap();
        let panics = report.failures.iter().filter(|failure| failure.error().is::<withal::MemberPanic>()).count();
        assert_eq!((panics, report.failures.len()), (3, 7), "{:?}", report.failures);
        assert!(world.events().ends_with(&[Exited(9)]), "the others go on");
    }
}

/// A group that is one member of a set: what went wrong before the deadline is told beside it, by paths, as it is told
/// of the same group outside of a set.
#[test]
fn a_late_group() {
    quiet();
    let world = World::default();
    let group = |first| {
        let [hangs, fails, panics] = [READY.pending(9), Step::error(), Step::panic()];
        let inner = vec![world.exits(first + 2, panics), world.exits(first + 3, panics)];
        (world.exits(first, hangs), world.exits(first + 1, fails), inner, world.ready(first + 4))
    };
    let alone =
        world.run(Scope::new(group(0).exit_within(|| world.0.pend(1))).report(async |_| Ok::<_, ScopeError>(())));
    let alone: Vec<_> = alone.failures.iter().map(ToString::to_string).collect();
    assert_eq!(
        alone,
        [
            "could not exit [0] Scripted: its deadline has elapsed",
            "could not exit [1] Scripted: member 1 fails, as scripted",
            "could not exit [2, 0] Scripted: panicked: member 2 panics, as scripted",
            "could not exit [2, 1] Scripted: panicked: member 3 panics, as scripted",
        ]
    );

    for early in [false, true] {
        let sets = (ExitStack::new(), ExitPool::new()).exit_within(|| world.0.pend(1));
        let report = world.run(Scope::new(sets).report(async |(stack, pool)| {
            let member = stack.enter(group(0)).await?;
            pool.enter(group(10)).await?;
            if early {
                let mut exit = Box::pin(Handle::exit(member));
                assert!(futures::poll!(&mut exit).is_pending());
            }
            Ok::<_, ScopeError>(())
        }));
        world.0.check().unwrap();
        let told: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
        let in_set = |set: usize| {
            let moved = alone.iter().map(move |told| told.replacen('[', &format!("[{set}, 0, "), 1));
            moved.map(move |told| if set == 0 { told } else { told.replace("member ", "member 1") })
        };
        assert_eq!(told, in_set(0).chain(in_set(1)).collect::<Vec<_>>());
        let outcome = if early { Released } else { Completed };
        assert!(world.events().contains(&ExitStarted(3, outcome)));
    }
}

/// In order, what has not begun is abandoned and told, inside of a set as well.
#[test]
fn a_late_group_in_order() {
    let world = World::default();
    let group = (world.ready(0), world.exits(1, READY.pending(9)), world.ready(2)).in_order();
    let set = ExitPool::new().exit_within(|| world.0.pend(1));
    let report = world.run(Scope::new(set).report(async |pool| pool.enter(group).await.map(drop)));
    world.0.check().unwrap();
    let told: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["[0, 0]", "[0, 1]"].map(|who| format!("could not exit {who} Scripted: its deadline has elapsed"))
    );
    assert!(world.events().ends_with(&[ExitDropped(1), Abandoned(0)]));
}

/// If the scope is dropped instead, nobody is told, and the first panic resumes.
#[test]
fn a_dropped_group() {
    quiet();
    for early in [false, true] {
        let world = World::default();
        let group = (world.exits(0, READY.pending(9)), [world.exits(1, Step::panic()), world.exits(2, Step::panic())]);
        let mut scope = Box::pin(ExitStack::new().scope(async |stack| {
            let member = stack.enter(group).await?;
            if early {
                let mut exit = Box::pin(Handle::exit(member));
                assert!(futures::poll!(&mut exit).is_pending());
            }
            Ok::<_, BoxError>(())
        }));
        assert!(world.0.poll(scope.as_mut()).is_pending());
        let panic = caught(|| drop(scope)).unwrap();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), "member 2 panics, as scripted");
        world.0.check().unwrap();
    }
}
