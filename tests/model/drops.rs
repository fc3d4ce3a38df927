//! A scope that is dropped at every poll, with nobody to finish it.

use crate::check::{Scene, Shape, open};
use crate::model::sorted_drops;
use crate::world::{Event, World, quiet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Drops a scope after every possible number of polls (laws `drop-any-time`, `exactly-once`, `never-entered`).
pub fn sweep(shape: Shape<'_>, scene: Scene<'_>) {
    quiet();
    let world = World::default();
    let (_, polls) = world.run(open(&world, shape(&world, scene.scripts), scene));
    let whole = world.events();
    for cut in 0..polls {
        let world = World::default();
        drop_at(cut, &world, open(&world, shape(&world, scene.scripts), scene), &whole, scene);
    }
}

/// Drops one that would make all these events after so many polls.
pub fn drop_at<F: Future>(cut: usize, world: &World, scope: F, whole: &[Event], scene: Scene<'_>) {
    let at = Dropped { cut, scene };
    let before;
    {
        let mut scope = Box::pin(scope);
        for _ in 0..cut {
            assert!(world.poll(scope.as_mut()).is_pending(), "{at}");
        }
        before = world.events();
        let same = whole.get(..before.len()).map(<[_]>::to_vec).map(sorted_drops);
        assert_eq!(same, Some(sorted_drops(before.clone())), "{at}");
        let _ = catch_unwind(AssertUnwindSafe(|| drop(scope)));
    }
    world.check(&at);
    check_cut(&before, &world.events().split_off(before.len()), &at);
}

struct Dropped<'a> {
    cut: usize,
    scene: Scene<'a>,
}

impl fmt::Display for Dropped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dropped after {} polls: {:?}", self.cut, self.scene)
    }
}

/// What a drop does, after these events: it drops what is in flight, and then abandons what is in, the last one first.
pub fn check_cut(before: &[Event], after: &[Event], at: impl fmt::Display) {
    let is_out = |id| {
        let is_its_end =
            |event: &Event| matches!(event, Event::ExitStarted(other, _) | Event::Abandoned(other) if *other == id);
        before.iter().any(is_its_end)
    };
    let mut left: Vec<_> = before.iter().filter_map(entered).filter(|id| !is_out(*id)).collect();
    left.sort_unstable();
    let first_abandoned = after.len() - left.len();
    let abandoned: Vec<_> = left.iter().rev().map(|id| Event::Abandoned(*id)).collect();
    assert_eq!(after.get(first_abandoned..), Some(&*abandoned), "after all drops, in reverse member order, {at}");

    let mut in_flight: Vec<_> = before.iter().filter_map(|event| in_flight(*event, before)).collect();
    in_flight.sort_by_key(|event| (event.member().is_some(), event.member()));
    let mut dropped = after[..first_abandoned].to_vec();
    dropped.sort_by_key(|event| (event.member().is_some(), event.member()));
    assert_eq!(dropped, in_flight, "what was in flight is dropped, {at}");
}

fn entered(event: &Event) -> Option<usize> {
    if let Event::Entered(id) = event { Some(*id) } else { None }
}

/// What a drop has to do to that which this event started.
fn in_flight(start: Event, events: &[Event]) -> Option<Event> {
    let (ends, dropped): (&[Event], _) = match start {
        Event::EnterStarted(id) => (
            &[Event::Entered(id), Event::EnterFailed(id), Event::EnterPanicked(id), Event::EnterDropped(id)],
            Event::EnterDropped(id),
        ),
        Event::ExitStarted(id, _) => (
            &[Event::Exited(id), Event::ExitFailed(id), Event::ExitPanicked(id), Event::ExitDropped(id)],
            Event::ExitDropped(id),
        ),
        Event::BodyStarted => (&[Event::BodyEnded, Event::BodyDropped], Event::BodyDropped),
        _ => return None,
    };
    (!ends.iter().any(|end| events.contains(end))).then_some(dropped)
}
