//! Law `bounded` for a pool: never more exits are in flight than its limit says, and as many as that.

use std::future::pending;
use std::pin::pin;
use withal::OutcomeKind::{Cancelled, Completed};
use withal::testing::{Event, READY, Scripted, Step};
use withal::{ExitPool, Handle, OpenPool, ResourceExt, Scope, defer};
use withal_common::{World, panic_of, poll, reaper};

/// A member whose exit is pending for a while.
fn member(world: &World, id: usize) -> Scripted {
    world.exits(id, READY.pending(1 + id % 3))
}

/// Enters that many members.
async fn fill(world: &World, pool: &OpenPool<'_>, count: usize) -> anyhow::Result<()> {
    for id in 0..count {
        pool.enter(member(world, id)).await?;
    }
    Ok(())
}

/// Returns the most exits that were in flight at a time, and checks that each member exited once.
#[track_caller]
fn highest(world: &World) -> usize {
    world.0.check().unwrap();
    let (mut in_flight, mut highest) = (0_usize, 0);
    for event in world.events() {
        match event {
            Event::ExitStarted(..) => in_flight += 1,
            Event::Exited(_) | Event::ExitFailed(_) => in_flight -= 1,
            _ => {}
        }
        highest = highest.max(in_flight);
    }
    assert_eq!(in_flight, 0);
    highest
}

#[test]
fn a_thousand_members() {
    let world = World::default();
    for (most, highest_of_all) in [(1, 1), (7, 7), (40, 40), (5000, 1000)] {
        let scope = ExitPool::new().limit(most).scope(async |pool| fill(&world, pool, 1000).await);
        world.run(scope).unwrap();
        assert_eq!(highest(&world), highest_of_all);
    }
}

/// A few members are driven in another way than many.
#[test]
fn a_few_members() {
    let world = World::default();
    for most in 1..6 {
        world.run(ExitPool::new().limit(most).scope(async |pool| fill(&world, pool, 9).await)).unwrap();
        assert_eq!(highest(&world), most);
    }
}

/// `stack-order`: the last ones begin, and each that is done makes room for the one before them.
#[test]
fn the_last_ones_begin() {
    let world = World::default();
    let scope = ExitPool::new().limit(2).scope(async |pool| {
        for (id, pending) in [(0, 1), (1, 1), (2, 3), (3, 1)] {
            pool.enter(world.exits(id, READY.pending(pending))).await?;
        }
        anyhow::Ok(())
    });
    world.run(scope).unwrap();
    let exits: Vec<_> = world.events().into_iter().filter(|event| matches!(event, Event::ExitStarted(..))).collect();
    assert_eq!(exits, [3, 2, 1, 0].map(|id| Event::ExitStarted(id, Completed)));
}

/// `no-exit-cut`: an exit that fails or panics makes room as any other.
#[test]
fn exits_that_fail() {
    let world = World::default();
    let scope = Scope::new(ExitPool::new().limit(2)).report(async |pool| {
        for (id, exit) in [(0, READY), (1, Step::error()), (2, Step::error().pending(2)), (3, Step::error())] {
            pool.enter(world.exits(id, exit)).await.map(drop).map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(())
    });
    let report = world.run(scope);
    assert_eq!(report.failures.iter().map(|failure| failure.path()[0]).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(highest(&world), 2);
}

/// It stays with the pool: closed by hand, moved out of a body, opened, and entered again.
#[test]
fn wherever_it_is_exited() {
    let world = World::default();
    let pool = ExitPool::new().limit(3).open();
    world.run(fill(&world, &pool, 20)).unwrap();
    world.run(pool.close()).unwrap();
    assert_eq!(highest(&world), 3, "closed by hand");

    let moved = ExitPool::new().limit(3).scope(async |pool| {
        fill(&world, pool, 20).await?;
        anyhow::Ok(pool.take_all())
    });
    let moved = world.run(moved).unwrap();
    world.run(moved.scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(highest(&world), 3, "moved to another scope");

    let left = ExitPool::new().limit(3).scope(async |pool| {
        drop(pool.take_all());
        fill(&world, pool, 20).await
    });
    world.run(left).unwrap();
    assert_eq!(highest(&world), 3, "members that came after the others were moved out");

    let mut pool = ExitPool::new().limit(3);
    for _ in 0..2 {
        world.run((&mut pool).scope(async |pool| fill(&world, pool, 20).await)).unwrap();
        assert_eq!(highest(&world), 3, "entered again");
    }
}

/// A scope that is dropped abandons those that wait for their turn, or exits them on a reaper.
#[test]
fn a_dropped_scope() {
    let world = World::default();
    {
        let mut scope = pin!(ExitPool::new().limit(2).scope(async |pool| fill(&world, pool, 5).await));
        while !world.0.events().contains(&Event::ExitStarted(4, Completed)) {
            assert!(world.0.poll(scope.as_mut()).is_pending());
        }
    }
    world.0.check().unwrap();
    let gone = [Event::ExitDropped(4), Event::ExitDropped(3), Event::Abandoned(2), Event::Abandoned(1)];
    let events = world.events();
    assert!(gone.iter().all(|event| events.contains(event)) && events.ends_with(&[Event::Abandoned(0)]), "{events:?}");

    let (reaper, tasks) = reaper();
    {
        let world = world.clone();
        let mut scope = pin!(Scope::new(ExitPool::new().limit(2)).on(&reaper).run(async move |pool| {
            fill(&world, pool, 5).await?;
            pending::<anyhow::Result<()>>().await
        }));
        assert!(poll(scope.as_mut()).is_pending());
    }
    world.run(tasks.pop().expect("it is handed over"));
    assert!(world.0.events().contains(&Event::Exited(0)));
    assert!(world.0.events().contains(&Event::ExitStarted(4, Cancelled)));
    assert_eq!(highest(&world), 2);
}

/// A pool counts as one member of a group with a limit: each has a limit of its own.
#[test]
fn in_a_group_with_a_limit() {
    let world = World::default();
    let pools = [ExitPool::new().limit(2), ExitPool::new().limit(2), ExitPool::new().limit(2)];
    let scope = pools.limit(2).scope(async |pools| {
        for (index, pool) in pools.iter().enumerate() {
            for id in 0..6 {
                pool.enter(member(&world, index * 6 + id)).await?;
            }
        }
        anyhow::Ok(())
    });
    world.run(scope).unwrap();
    assert_eq!(highest(&world), 4, "two pools at a time, and of each two members");
}

/// Early exits are driven by their callers; those that were given up, by the pool.
#[test]
fn early_exits() {
    let world = World::default();
    let scope = ExitPool::new().limit(2).scope(async |pool| {
        let mut early = Vec::new();
        for id in 0..5 {
            early.push(Handle::exit(pool.enter(world.exits(id, READY.pending(2))).await?));
        }
        for exit in futures::future::join_all(early).await {
            exit?;
        }
        assert_eq!(highest(&world), 5);
        let polls = world.0.polls();
        for id in 5..9 {
            let member = pool.enter(world.exits(id, READY.pending(3))).await?;
            assert!(poll(pin!(Handle::exit(member))).is_pending());
        }
        pool.settle().await?;
        assert!(world.0.polls() > polls + 3, "two of them had to wait for the other two");
        anyhow::Ok(())
    });
    world.run(scope).unwrap();
    let exits: Vec<_> = world.events().into_iter().filter(|event| matches!(event, Event::Exited(_))).collect();
    assert_eq!(exits, [5, 6, 7, 8].map(Event::Exited), "in the order in which they were begun");
    assert_eq!(world.0.events(), [], "and the pool has nobody left to exit");
}

#[test]
fn the_narrower_limit_applies() {
    let world = World::default();
    for limits in [[2, 5], [5, 2]] {
        let pool = ExitPool::new().limit(limits[0]).limit(limits[1]);
        world.run(pool.scope(async |pool| fill(&world, pool, 9).await)).unwrap();
        assert_eq!(highest(&world), 2);
    }
}

#[test]
fn a_limit_of_zero() {
    assert_eq!(
        panic_of(|| ExitPool::new().limit(0)).as_deref(),
        Some("a limit of 0 would never let a member in: give 1 or more")
    );
}

/// Without members there is nothing to wait for.
#[test]
fn without_members() {
    let world = World::default();
    let scope = ExitPool::new().limit(1).scope(async |pool| anyhow::Ok(pool.len()));
    assert_eq!(world.run(scope).unwrap(), 0);
    let lone = ExitPool::new().limit(1).scope(async |pool| {
        pool.defer(async |_| Ok(()));
        pool.enter(defer(async |_| Ok(()))).await?;
        anyhow::Ok(pool.len())
    });
    assert_eq!(world.run(lone).unwrap(), 2);
}
