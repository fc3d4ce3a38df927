//! Laws `reaped` and `drop-any-time`: a spawner that owns its executor. The tasks do not own the spawner, so when the
//! last handle goes the executor does, with what it still has.

use crate::gate::Gate;
use crate::scene::{PHASES, Phase, Scene};
use std::sync::{Arc, Mutex};
use withal::{Reaper, Scope};
use withal_common::{Task, settle};

type Executor = smol::Executor<'static>;
type Queue = Mutex<Vec<Task>>;

fn on_smol(executor: &Arc<Executor>) -> Reaper {
    let executor = Arc::clone(executor);
    Reaper::new(move |task| executor.spawn(task).detach())
}

fn on_queue(queue: &Arc<Queue>) -> Reaper {
    let queue = Arc::clone(queue);
    Reaper::new(move |task| queue.lock().unwrap().push(task))
}

/// Who goes last: the reaper's handle, the scope with its own one, or the executor's.
#[derive(Clone, Copy, Debug)]
enum Last {
    Reaper,
    Scope,
    Executor,
}

fn assert_all_goes<E>(make: impl Fn() -> E, reaper_on: impl Fn(&Arc<E>) -> Reaper) {
    for phase in PHASES {
        for last in [Last::Reaper, Last::Scope, Last::Executor] {
            let executor = Arc::new(make());
            let alive = Arc::downgrade(&executor);
            let scene = Scene::held(phase);
            let reaper = reaper_on(&executor);
            let mut scope = Box::pin(scene.on(&reaper));
            settle(scope.as_mut());
            match last {
                Last::Reaper => drop((executor, scope, reaper)),
                Last::Scope => drop((executor, reaper, scope)),
                Last::Executor => drop((scope, reaper, executor)),
            }
            assert!(alive.upgrade().is_none(), "{phase:?}, {last:?} last: who owns it still?");
            scene.assert_abandoned();
        }
    }
}

#[test]
fn reaped_on_an_executor_that_the_spawner_owns() {
    assert_all_goes(Executor::new, on_smol);
}

#[test]
fn reaped_in_a_queue_that_the_spawner_owns() {
    assert_all_goes(Queue::default, on_queue);
}

/// The exits are under way on the executor when the last handle goes.
#[test]
fn reaped_half_way_on_an_executor_that_the_spawner_owns() {
    let executor = Arc::new(Executor::new());
    let (alive, scene) = (Arc::downgrade(&executor), Scene::held(Phase::Exit));
    let reaper = on_smol(&executor).on_failure(|reaped| panic!("{reaped:?}"));
    let mut scope = Box::pin(scene.on(&reaper));
    settle(scope.as_mut());
    drop(scope);
    while executor.try_tick() {}
    assert_eq!(reaper.pending(), 1);
    drop((executor, reaper));
    assert!(alive.upgrade().is_none());
    scene.assert_abandoned();
}

/// tokio panics where a runtime is dropped by a task of its own.
#[test]
fn reaped_on_a_runtime_that_the_spawner_owns() {
    for phase in PHASES {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let scene = Scene::held(phase);
        let reaper = Reaper::new(move |task| drop(runtime.spawn(task)));
        let mut scope = Box::pin(scene.on(&reaper));
        settle(scope.as_mut());
        drop((scope, reaper)); // which waits for the workers
        if phase == Phase::Body {
            // Its exits can be over before the runtime is: nobody holds them up.
            let story = scene.log.story();
            assert!(story.contains("abandoned") || story.contains("exited"), "{story}");
        } else {
            scene.assert_abandoned();
        }
    }
}

/// The task comes to its end when the reaper is gone: nothing that it drops then is the runtime.
#[test]
fn reaped_to_the_end_on_a_runtime_that_outlives_the_reaper() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let runtime = Arc::new(runtime);
    let (alive, owner) = (Arc::downgrade(&runtime), Arc::clone(&runtime));
    let (ended, scene) = (Gate::closed(), Scene::held(Phase::Exit));
    let done = ended.clone();
    let reaper = Reaper::new(move |task| {
        let done = done.clone();
        owner.spawn(async move {
            task.await;
            done.pass().await;
        });
    });
    let mut scope = Box::pin(Scope::new(scene.members()).on(&reaper).run(async |_| anyhow::Ok(())));
    settle(scope.as_mut());
    drop((scope, reaper));
    assert_eq!(alive.strong_count(), 1, "the task owns none");
    scene.gate.open();
    smol::block_on(ended.reached());
    assert_eq!(scene.log.story(), "a: entered, told Completed, exited; b: entered, told Completed, exited");
    drop(runtime);
    assert!(alive.upgrade().is_none());
}
