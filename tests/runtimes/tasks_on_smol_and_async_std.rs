//! Laws `reaped` and `drop-any-time` on smol and async-std: a task that is dropped or cancelled, a timeout, and an
//! executor that is dropped.

use crate::gate::Gate;
use crate::scene::{PHASES, Scene};
use futures::future::{Either, select};
use std::pin::pin;
use std::time::Duration;
use withal::Reaper;

const LIMIT: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(2);

fn on_smol() -> Reaper {
    Reaper::new(|task| smol::spawn(task).detach())
}

fn on_async_std() -> Reaper {
    Reaper::new(|task| drop(async_std::task::spawn(task)))
}

/// Waits, but not for ever: for what is not a future of async-std's, too.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    smol::block_on(async_std::future::timeout(LIMIT, future)).expect("it hangs")
}

fn finish(scene: &Scene, reaper: &Reaper) {
    scene.gate.open();
    block_on(reaper.idle());
    scene.assert_reaped();
}

/// Opens its gate when it is dropped.
struct Gone(Gate);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// A future, and a gate that is open once that future is gone.
fn watched<T>(future: impl Future<Output = T> + Send) -> (impl Future<Output = T> + Send, Gate) {
    let gate = Gate::closed();
    let gone = Gone(gate.clone());
    let watched = async move {
        let _gone = gone;
        future.await
    };
    (watched, gate)
}

#[test]
fn reaped_when_a_smol_task_is_dropped() {
    for phase in PHASES {
        let (scene, reaper) = (Scene::held(phase), on_smol());
        let (scope, gone) = watched(scene.on(&reaper));
        let task = smol::spawn(scope);
        block_on(scene.gate.reached());
        drop(task);
        block_on(gone.pass());
        finish(&scene, &reaper);
    }
}

#[test]
fn reaped_when_a_smol_task_is_cancelled() {
    for phase in PHASES {
        let (scene, reaper) = (Scene::held(phase), on_smol());
        let task = smol::spawn(scene.on(&reaper));
        block_on(scene.gate.reached());
        assert!(block_on(task.cancel()).is_none());
        finish(&scene, &reaper);
    }
}

#[test]
fn reaped_elsewhere_when_a_smol_executor_is_dropped() {
    for phase in PHASES {
        let (scene, reaper) = (Scene::held(phase), on_async_std());
        let executor = smol::Executor::new();
        executor.spawn(scene.on(&reaper)).detach();
        block_on(executor.run(scene.gate.reached()));
        drop(executor);
        finish(&scene, &reaper);
    }
}

#[test]
fn reaped_after_a_timeout_of_async_std() {
    for phase in PHASES {
        let (scene, reaper) = (Scene::held(phase), on_async_std());
        let scope = scene.on(&reaper);
        let task = async_std::task::spawn(async_std::future::timeout(SHORT, scope));
        block_on(task).expect_err("it is held up");
        finish(&scene, &reaper);
    }
}

#[test]
fn reaped_when_an_async_std_task_is_cancelled() {
    for phase in PHASES {
        let (scene, reaper) = (Scene::held(phase), on_async_std());
        let task = async_std::task::spawn(scene.on(&reaper));
        block_on(scene.gate.reached());
        assert!(block_on(task.cancel()).is_none());
        finish(&scene, &reaper);
    }
}

/// A scope that starts on one executor and is finished on another, where it is polled with other wakers.
#[test]
fn reaped_from_one_executor_to_another() {
    for phase in PHASES {
        let (scene, reaper) = (Scene::held(phase), on_smol());
        let mut pool = futures::executor::LocalPool::new();
        pool.run_until(async {
            let (scope, held_up) = (pin!(scene.on(&reaper)), pin!(scene.gate.reached()));
            assert!(matches!(select(scope, held_up).await, Either::Right(_)));
        });
        finish(&scene, &reaper);
    }
}

#[test]
fn drop_any_time_of_a_plain_scope() {
    for phase in PHASES {
        let scene = Scene::held(phase);
        let (scope, gone) = watched(scene.plain());
        let task = smol::spawn(scope);
        block_on(scene.gate.reached());
        drop(task);
        block_on(gone.pass());
        scene.assert_abandoned();

        let scene = Scene::held(phase);
        block_on(async_std::task::spawn(async_std::future::timeout(SHORT, scene.plain()))).expect_err("it is held up");
        scene.assert_abandoned();
    }
}
