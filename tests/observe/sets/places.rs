//! What is entered in the body has its row, with the path that it has in the failures.

use crate::table::{Hand, lines};
use crate::world::{barred, member, ready, run, slow, stuck};
use withal::testing::READY;
use withal::{ExitPool, ExitStack, ResourceExt, Scope};

/// The one that is in first has the first position, whoever began first; until then neither has one.
#[test]
fn entered_at_once() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let scope = Scope::new((ready("a"), ExitPool::new())).observe(&timeline);
    hand.run(scope.run(async |(_, pool)| {
        let enters = (pool.enter(member("b", READY.pending(2), READY)), pool.enter((slow("c"), ready("d"))));
        futures::try_join!(enters.0, enters.1)?;
        anyhow::Ok(())
    }))
    .unwrap();
    let expected = [
        "tuple 0-3 Completed",
        "body 0-2",
        "[0] a: enter 0-0, exit 2-2 told Completed",
        "[1, 0, 0] c: enter 0-1, exit 2-3 told Completed",
        "[1, 0, 1] d: enter 0-0, exit 2-2 told Completed",
        "[1, 1] b: enter 0-2, exit 2-2 told Completed",
    ];
    assert_eq!(lines(&timeline), expected);
}

/// From several threads at once: each has a position of its own.
#[test]
fn entered_from_threads() {
    const EACH: usize = 50;
    let timeline = withal::Timeline::new();
    run(Scope::new(ExitPool::new()).observe(&timeline).run(async |pool| {
        let pool = &*pool;
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| (0..EACH).for_each(|_| drop(run(pool.enter((slow("a"), ready("b")))).unwrap())));
            }
        });
        anyhow::Ok(())
    }))
    .unwrap();
    let paths: Vec<_> = timeline.members().iter().map(|member| member.path().to_vec()).collect();
    let expected: Vec<_> = (0..4 * EACH).flat_map(|at| [vec![at, 0], vec![at, 1]]).collect();
    assert_eq!(paths, expected);
    assert!(timeline.members().iter().all(|member| member.exit().is_some()));
}

/// One that never was in stands where its set does.
#[test]
fn not_in() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    let scope = Scope::new((ready("a"), ExitStack::new())).observe(&timeline);
    hand.run(scope.run(async |(_, stack)| {
        assert!(stack.enter(barred("b")).await.is_err());
        drop(futures::poll!(Box::pin(stack.enter(slow("c")))));
        stack.enter(ready("d")).await?;
        anyhow::Ok(())
    }))
    .unwrap();
    let expected = [
        "[0] a: enter 0-0, exit 0-0 told Completed",
        "[1] b: enter 0-0 Failed (member 0 fails, as scripted)",
        "[1] c: enter 0-0 Dropped",
        "[1, 0] d: enter 0-0, exit 0-0 told Completed",
    ];
    assert_eq!(lines(&timeline)[2..], expected);
}

#[test]
fn adopted_and_deferred() {
    let hand = Hand::default();
    let timeline = hand.timeline();
    hand.run(Scope::new(ExitStack::new()).observe(&timeline).run(async |stack| {
        stack.adopt((), async |(), _| Ok(()));
        stack.enter(ready("a")).await?;
        stack.defer(async |_| Err("no luck".into()));
        anyhow::Ok(())
    }))
    .unwrap_err();
    let lines = lines(&timeline);
    assert_eq!(lines[3], "[1] a: enter 0-0, exit 0-0 told Completed");
    assert!(lines[2].starts_with("[0] ") && lines[2].ends_with(":, exit 0-0 told Completed"), "{}", lines[2]);
    assert!(lines[4].ends_with(":, exit 0-0 Failed told Completed (no luck)"), "{}", lines[4]);
}

/// The path of a set is known when it is in, and that of its members follows: also that of a set in a set.
#[test]
fn as_in_failures() {
    let timeline = withal::Timeline::new();
    let members = (ready("a"), ExitStack::new().named("stack")).named("all");
    let report = run(Scope::new(members).observe(&timeline).report_local(async |(_, stack)| {
        stack.enter(stuck("b")).await?;
        let pool = stack.enter(ExitPool::new().named("pool")).await?;
        pool.enter((stuck("c"), stuck("d").named("renamed"))).await?;
        let inner = pool.enter(ExitStack::new()).await?;
        inner.enter(stuck("e")).await?;
        anyhow::Ok(())
    }));
    let failed = report.failures.iter().map(|one| (one.path().to_vec(), one.name().to_owned()));
    let rows = timeline.members().into_iter().map(|one| (one.path().to_vec(), one.name().to_owned()));
    let (failed, rows): (Vec<_>, Vec<_>) = (failed.collect(), rows.skip(1).collect());
    assert_eq!(rows, failed);
    assert_eq!(rows[1], (vec![1, 1, 0, 0], "all/stack/pool/c".to_owned()));
}
