//! A scope that is cancelled at every poll: by a signal, by a drop with a reaper, by a drop of what the reaper runs.

use crate::check::{Ids, Scene, body};
use crate::model::Node;
use crate::world::{BodyFailed, End, Event, Script, World, quiet};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use withal::{OutcomeKind, Reaper, Report, Resource, Scope};

/// Whether a tree, or a part of it, gives up its enters at the first failure.
pub fn fails_fast(tree: &Node) -> bool {
    match tree {
        Node::Group { policy, members } => policy.fail_fast || members.iter().any(fails_fast),
        Node::Leaf(_) | Node::Nobody => false,
    }
}

/// Whether members of a tree, or of a part of it, wait for their turn.
fn is_bounded(tree: &Node) -> bool {
    match tree {
        Node::Group { policy, members } => policy.width.is_some() || members.iter().any(is_bounded),
        Node::Leaf(_) | Node::Nobody => false,
    }
}

/// Fires the signal from every possible poll on (law `until`).
pub fn until_any_poll<R>(shape: impl Fn(&World, &[Script]) -> R, tree: &Node, scene: Scene<'_>)
where
    R: Resource<Guard: Ids>,
{
    quiet();
    let whole = World::default();
    let (_, polls) = whole.run(Scope::new(shape(&whole, scene.scripts)).report(body!(whole, scene)));
    for at in 0..=polls {
        let world = World::default();
        let mut ready = false;
        let signal = poll_fn(|_| {
            assert!(!ready, "a signal is never polled again once it is ready");
            ready = world.polls() > at;
            if ready { Poll::Ready(()) } else { Poll::Pending }
        });
        let scope = Scope::new(shape(&world, scene.scripts)).until(signal);
        let (report, _) = world.run(scope.report(body!(world, scene)));
        world.check(&format!("fired at poll {at}: {scene:?}"));
        check_until(&world.events(), &whole.events(), &report, tree, &format!("fired at poll {at}: {scene:?}"));
    }
}

fn check_until(events: &[Event], whole: &[Event], report: &Report<u32, BodyFailed>, tree: &Node, at: &str) {
    assert!(!events.iter().any(|event| matches!(event, Event::Abandoned(_) | Event::ExitDropped(_))), "{at}");
    if !report.cancelled {
        assert_eq!(events, whole, "a signal that comes too late changes nothing, {at}");
        return;
    }
    assert!(report.body.is_none(), "{at}");
    if !fails_fast(tree) {
        assert!(!events.iter().any(|event| matches!(event, Event::EnterDropped(_))), "enters settle, {at}");
    }
    let panicked = events.iter().any(|event| matches!(event, Event::EnterPanicked(_)));
    let expected = if panicked { OutcomeKind::Panicked } else { OutcomeKind::Cancelled };
    assert!(told(events).iter().all(|told| *told == expected), "{at}: {events:?}");
    let drops = events.iter().filter(|event| **event == Event::BodyDropped).count();
    let starts = events.iter().filter(|event| **event == Event::BodyStarted).count();
    assert_eq!(starts, drops, "a body that was started is dropped, {at}");
}

fn told(events: &[Event]) -> Vec<OutcomeKind> {
    let told = |event: &Event| if let Event::ExitStarted(_, told) = event { Some(*told) } else { None };
    events.iter().filter_map(told).collect()
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A reaper whose tasks are polled by hand.
fn by_hand() -> (Reaper, Arc<Mutex<Vec<Task>>>) {
    let tasks = Arc::new(Mutex::new(Vec::new()));
    let queue = Arc::clone(&tasks);
    (Reaper::new(move |task| queue.lock().unwrap().push(task)), tasks)
}

/// Drops a scope at every possible poll, with a reaper that runs the rest; and drops that at every possible poll
/// (laws `reaped` and `drop-any-time`).
pub fn reaped_at_any_poll<R>(shape: impl Fn(&World, &[Script]) -> R, tree: &Node, scene: Scene<'_>)
where
    R: Resource<Guard: Ids> + 'static,
{
    quiet();
    let whole = World::default();
    let (_, polls) = whole.run(Scope::new(shape(&whole, scene.scripts)).report(body!(whole, scene)));
    for cut in 0..polls {
        let at = format!("dropped after {cut} polls: {scene:?}");
        let (world, left) = drop_after(cut, &shape, scene, &at);
        let Some((reaper, mut task)) = left else {
            assert_eq!(cut, 0, "nothing is left behind, {at}");
            continue;
        };
        assert_eq!(reaper.pending(), 1, "{at}");
        let mut more = 0;
        while catch_unwind(AssertUnwindSafe(|| world.poll(task.as_mut()))).is_ok_and(|polled| polled.is_pending()) {
            more += 1;
        }
        drop(task);
        assert_eq!(reaper.pending(), 0, "{at}");
        assert!(world.run(reaper.idle()).1 == 1, "{at}");
        world.check(&at);
        check_reaped(&world.events(), tree, scene, &at);

        for second in 0..=more {
            let at = format!("and what is left after {second} more polls: {at}");
            let (world, left) = drop_after(cut, &shape, scene, &at);
            let Some((reaper, mut task)) = left else { panic!("{at}") };
            for _ in 0..second {
                assert!(world.poll(task.as_mut()).is_pending(), "{at}");
            }
            let _ = catch_unwind(AssertUnwindSafe(|| drop(task)));
            assert_eq!(reaper.pending(), 0, "{at}");
            world.check(&at);
        }
    }
}

fn drop_after<R>(
    cut: usize,
    shape: &impl Fn(&World, &[Script]) -> R,
    scene: Scene<'_>,
    at: &str,
) -> (World, Option<(Reaper, Task)>)
where
    R: Resource<Guard: Ids> + 'static,
{
    let world = World::default();
    let (reaper, tasks) = by_hand();
    {
        let mut future = Box::pin(Scope::new(shape(&world, scene.scripts)).on(&reaper).report(body!(world, scene)));
        for _ in 0..cut {
            assert!(world.poll(future.as_mut()).is_pending(), "{at}");
        }
        assert_eq!(reaper.pending(), 0, "a scope that lives is not counted, {at}");
        let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
    }
    let task = tasks.lock().unwrap().pop();
    (world, task.map(|task| (reaper, task)))
}

fn check_reaped(events: &[Event], tree: &Node, scene: Scene<'_>, at: &str) {
    let lost = |event: &Event| matches!(event, Event::Abandoned(_) | Event::ExitDropped(_));
    assert!(!events.iter().any(lost), "{at}: {events:?}");
    if !fails_fast(tree) {
        let started = events.iter().filter(|event| matches!(event, Event::EnterStarted(_))).count();
        assert!(started == scene.scripts.len() || is_bounded(tree), "{at}");
        assert!(!events.iter().any(|event| matches!(event, Event::EnterDropped(_))), "enters settle, {at}");
    }
    let mut told = told(events);
    told.dedup();
    assert!(told.len() <= 1, "`same-outcome`, {at}: {events:?}");
    let all_ok = scene.scripts.iter().all(|script| script.enter.end == End::Ok);
    let ended = events.contains(&Event::BodyEnded);
    if all_ok && !ended && !scene.scripts.is_empty() {
        assert_eq!(told, [OutcomeKind::Cancelled], "{at}");
    }
    let first_exit = events.iter().position(|event| matches!(event, Event::ExitStarted(..)));
    let body_dropped = events.iter().position(|event| *event == Event::BodyDropped);
    if let (Some(exit), Some(body)) = (first_exit, body_dropped) {
        assert!(body < exit, "`body-between`, {at}");
    }
}
