//! A scope that is cancelled at every poll: by a signal, by a drop with a reaper, by a drop of what the reaper runs.

use crate::check::{At, Scene, Shape, body, check_failures, judge};
use crate::drops::check_cut;
use crate::model::{Cancel, Expected, Model, Node, sorted_drops};
use crate::world::{End, World, quiet};
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use withal::{Reaped, Reaper, Scope};

/// Fires the signal from every possible poll on (law `until`).
pub fn until_any_poll(shape: Shape<'_>, tree: &Node, scene: Scene<'_>) {
    quiet();
    for fired in 0.. {
        let at = At { scene, cancel: Cancel::Signal(fired) };
        let expected = Model::run(tree, scene.scripts, scene.body, at.cancel);
        let world = World::default();
        let scope = Scope::new(shape(&world, scene.scripts)).until(signal(&world, fired));
        let (report, polls) = world.run(scope.report(body!(world, scene)));
        judge(&world, report, polls, &expected, tree, at);
        if fired >= polls {
            return;
        }
    }
}

/// A signal that is ready from this poll on. It is polled in every poll, before all else (law `signal-is-heard`).
pub fn signal(world: &World, fired: usize) -> impl Future<Output = ()> + Send {
    let (mut ready, mut polled) = (false, None);
    poll_fn(move |_| {
        assert!(!ready, "a signal is never polled again once it is ready");
        let polls = world.polls();
        assert!(polled.is_none_or(|polled| polls <= polled + 1), "`signal-is-heard`: it was left out");
        assert!(polled == Some(polls) || world.is_first(), "`signal-is-heard`: what it ends goes after it");
        polled = Some(polls);
        ready = world.polls() > fired;
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A reaper whose tasks are polled by hand, and what it tells.
pub struct ByHand {
    pub reaper: Reaper,
    tasks: Arc<Mutex<Vec<Task>>>,
    told: Arc<Mutex<Vec<Reaped>>>,
}

impl ByHand {
    pub fn new() -> Self {
        let (tasks, told) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (queue, hear) = (Arc::clone(&tasks), Arc::clone(&told));
        let reaper = Reaper::new(move |task| queue.lock().unwrap().push(task));
        Self { reaper: reaper.on_failure(move |reaped| hear.lock().unwrap().push(reaped)), tasks, told }
    }

    /// Whether nothing was left to it.
    pub fn is_idle(&self) -> bool {
        self.tasks.lock().unwrap().is_empty() && self.told.lock().unwrap().is_empty()
    }

    /// What a finished scope had to tell.
    pub fn told(&self) -> Option<Reaped> {
        self.told.lock().unwrap().pop()
    }

    /// Drops a scope on this after so many polls; gives what is left.
    pub fn drop_after<F: Future>(&self, world: &World, cut: usize, scope: F, at: impl fmt::Display) -> Option<Task> {
        {
            let mut scope = Box::pin(scope);
            for _ in 0..cut {
                assert!(world.poll(scope.as_mut()).is_pending(), "{at}");
            }
            assert_eq!(self.reaper.pending(), 0, "a scope that lives is not counted, {at}");
            let _ = catch_unwind(AssertUnwindSafe(|| drop(scope)));
        }
        self.tasks.lock().unwrap().pop()
    }

    /// Runs what is left to its end, and compares with what the model tells.
    pub fn finish(&self, world: &World, cut: usize, mut task: Task, expected: &Expected, tree: &Node, at: At<'_>) {
        assert_eq!(self.reaper.pending(), 1, "{at}");
        for _ in cut + 1..expected.polls {
            assert!(world.poll(task.as_mut()).is_pending(), "`reaped`: {at}");
        }
        assert!(world.poll(task.as_mut()).is_ready(), "`reaped`: {at}: {:?}", world.events());
        drop(task);
        assert_eq!(self.reaper.pending(), 0, "{at}");
        assert!(world.run(self.reaper.idle()).1 == 1, "{at}");
        assert_eq!(sorted_drops(world.events()), expected.events(), "{at}");
        world.check_cut_exits(at);
        let told = self.told();
        let (failed, panicked) = (expected.body == Some(End::Error), expected.body == Some(End::Panic));
        assert_eq!(told.is_some(), !expected.faults.is_empty() || failed || panicked, "{at}");
        if let Some(told) = told {
            assert_eq!((told.body.is_some(), told.panic.is_some()), (failed, panicked), "{at}");
            check_failures(&told.failures, expected, tree, at);
        }
    }

    /// Polls what is left so often, and drops it: all is abandoned.
    pub fn drop_again(&self, world: &World, more: usize, mut task: Task, at: At<'_>) {
        for _ in 0..more {
            assert!(world.poll(task.as_mut()).is_pending(), "{at}");
        }
        let before = world.events();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(task)));
        assert_eq!(self.reaper.pending(), 0, "{at}");
        let after = world.events().split_off(before.len());
        world.check(format_args!("dropped again after {more} more polls, {at}"));
        check_cut(&before, &after, format_args!("dropped again after {more} more polls, {at}"));
    }
}

/// Drops a scope at every possible poll, with a reaper that runs the rest; and drops that at every possible poll
/// (laws `reaped` and `drop-any-time`).
pub fn reaped_at_any_poll(shape: Shape<'_>, tree: &Node, scene: Scene<'_>) {
    quiet();
    let whole = Model::run(tree, scene.scripts, scene.body, Cancel::Never);
    for cut in 0..whole.polls {
        let at = At { scene, cancel: Cancel::Reaped(cut) };
        let drop_after = || {
            let (world, by_hand) = (World::default(), ByHand::new());
            let scope = Scope::new(shape(&world, scene.scripts)).on(&by_hand.reaper).report(body!(world, scene));
            let task = by_hand.drop_after(&world, cut, scope, at);
            (world, by_hand, task)
        };
        let (world, by_hand, task) = drop_after();
        let Some(task) = task else {
            assert_eq!((cut, world.events().len()), (0, 0), "nothing is left behind, {at}");
            continue;
        };
        let expected = Model::run(tree, scene.scripts, scene.body, at.cancel);
        by_hand.finish(&world, cut, task, &expected, tree, at);
        for more in 0..expected.polls - cut {
            let (world, by_hand, task) = drop_after();
            by_hand.drop_again(&world, more, task.expect("it was there"), at);
        }
    }
}

/// A scope on a reaper that comes to its end is as one without.
pub fn on_a_reaper(shape: Shape<'_>, tree: &Node, scene: Scene<'_>) {
    let at = At { scene, cancel: Cancel::Never };
    let expected = Model::run(tree, scene.scripts, scene.body, at.cancel);
    let (world, by_hand) = (World::default(), ByHand::new());
    let scope = Scope::new(shape(&world, scene.scripts)).on(&by_hand.reaper);
    let (report, polls) = world.run(scope.report(body!(world, scene)));
    judge(&world, report, polls, &expected, tree, at);
    assert!(by_hand.is_idle(), "{at}");
}
