//! Policies, limits and large maps: as those of a `Vec`.

use futures::FutureExt;
use futures::channel::oneshot;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use withal::testing::{Event, READY, Script, Scripted, Step};
use withal::{Outcome, Resource, ResourceExt, Scope};
use withal_common::{World, poll};

/// Members under numbers, that are pending once.
fn slow(world: &World, count: usize) -> BTreeMap<usize, Scripted> {
    let step = READY.pending(1);
    (0..count).map(|id| (id, world.0.member(id, Script { enter: step, exit: step }))).collect()
}

fn highest(events: &[Event]) -> usize {
    let (mut in_flight, mut highest) = (0_usize, 0);
    for event in events {
        match event {
            Event::EnterStarted(_) | Event::ExitStarted(..) => in_flight += 1,
            Event::Entered(_) | Event::Exited(_) => in_flight -= 1,
            _ => {}
        }
        highest = highest.max(in_flight);
    }
    highest
}

#[test]
fn all_at_once_or_as_many_as_the_limit_says() {
    let world = World::default();
    for (most, group) in [(9, 9), (2, 2), (1, 1)] {
        world.run(slow(&world, 9).limit(most).scope(async |_| anyhow::Ok(()))).unwrap();
        world.0.check().unwrap();
        assert_eq!(highest(&world.events()), group);
    }
    world.run(slow(&world, 9).in_order().scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(highest(&world.events()), 1);
}

#[test]
fn fail_fast() {
    let world = World::default();
    let mut map = slow(&world, 2);
    map.insert(2, world.enters(2, Step::error()));
    let report = world.run(Scope::new(map.fail_fast()).report(async |_| Ok::<_, Infallible>(())));
    assert_eq!(report.failures.to_string(), "could not enter [2] 2: member 2 fails, as scripted");
    assert!(world.events().contains(&Event::EnterDropped(0)));
}

/// `linear`: thousands of members are driven as those of a `Vec`, and their guards are put back in one pass.
#[test]
fn a_large_map() {
    let world = World::default();
    let map = slow(&world, 3000);
    let count = world.run((map, ()).scope(async |(guards, ())| anyhow::Ok(guards.len()))).unwrap();
    assert_eq!(count, 3000);
    world.0.check().unwrap();
    assert_eq!(world.events().iter().filter(|event| matches!(event, Event::Exited(_))).count(), 3000);
}

/// A member that waits for the test, and counts its polls.
struct Waits {
    turn: oneshot::Receiver<()>,
    polls: Arc<AtomicUsize>,
}

impl Resource for Waits {
    type Guard = ();
    type Error = oneshot::Canceled;

    async fn enter(&mut self) -> Result<(), oneshot::Canceled> {
        poll_fn(|cx| {
            self.polls.fetch_add(1, SeqCst);
            self.turn.poll_unpin(cx)
        })
        .await
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), oneshot::Canceled> {
        Ok(())
    }
}

/// `linear`: in a large tree, a member that is woken costs a poll of a few others, also in maps of maps.
#[test]
fn a_wake_in_a_map_of_maps() {
    let polls = Arc::<AtomicUsize>::default();
    let (mut turns, turn): (Vec<_>, Vec<_>) = (0..600).map(|_| oneshot::channel()).unzip();
    let mut members = turn.into_iter().map(|turn| Waits { turn, polls: Arc::clone(&polls) });
    let mut row = || members.by_ref().take(30).enumerate().collect::<BTreeMap<_, _>>();
    let map: BTreeMap<_, _> = (0..20).map(|index| (index, row())).collect();
    let mut scope = pin!(map.scope(async |_| anyhow::Ok(())));
    assert!(poll(scope.as_mut()).is_pending());
    assert_eq!(polls.swap(0, SeqCst), 600);
    let last = turns.pop().unwrap();
    for turn in turns {
        turn.send(()).unwrap();
        assert!(poll(scope.as_mut()).is_pending());
    }
    last.send(()).unwrap();
    assert!(poll(scope.as_mut()).is_ready());
    assert!(polls.load(SeqCst) <= 600 * 30, "{polls:?}");
}
