//! Laws `reaped` and `drop-any-time` on tokio: a scope's future is dropped by a timeout, an abort, a `select!`, and by
//! the end of its runtime; on many threads and on one.

use crate::scene::{PHASES, Phase, Scene};
use futures::FutureExt;
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time::timeout;
use withal::Reaper;
use withal_common::quiet_panic;

/// Longer than anything takes that does not hang.
const LIMIT: Duration = Duration::from_secs(60);

/// How long a scope may take that is held up and cannot end.
const SHORT: Duration = Duration::from_millis(2);

fn runtimes() -> [Runtime; 2] {
    let many = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    [many, Builder::new_current_thread().enable_all().build().unwrap()]
}

/// Plays a test as a task of either runtime, with a scope that is held up in each phase.
fn on_each<F: Future<Output = ()> + Send + 'static>(test: fn(Scene) -> F) {
    for phase in PHASES {
        for runtime in runtimes() {
            let task = runtime.spawn(test(Scene::held(phase)));
            runtime.block_on(async { timeout(LIMIT, task).await }).expect("it hangs").unwrap();
        }
    }
}

fn reaper_on(handle: &Handle) -> Reaper {
    let handle = handle.clone();
    Reaper::new(move |task| drop(handle.spawn(task)))
}

/// The scope's future is gone: nothing waits but at the gate.
async fn finish(scene: Scene, reaper: Reaper) {
    assert!(scene.phase == Phase::Body || reaper.pending() == 1);
    scene.gate.open();
    reaper.idle().await;
    scene.assert_reaped();
}

#[test]
fn reaped_after_a_timeout() {
    on_each(|scene| async move {
        let reaper = reaper_on(&Handle::current());
        timeout(SHORT, scene.on(&reaper)).await.expect_err("it is held up");
        finish(scene, reaper).await;
    });
}

#[test]
fn reaped_after_an_abort() {
    on_each(|scene| async move {
        let reaper = reaper_on(&Handle::current());
        let task = tokio::spawn(scene.on(&reaper));
        scene.gate.reached().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        finish(scene, reaper).await;
    });
}

#[test]
fn reaped_after_a_select() {
    on_each(|scene| async move {
        let reaper = reaper_on(&Handle::current());
        tokio::select! {
            _ = scene.on(&reaper) => unreachable!("it is held up"),
            () = scene.gate.reached() => {}
        }
        finish(scene, reaper).await;
    });
}

/// A panic that drops the scope's future with its task: the spawner is called while the thread unwinds.
#[test]
fn reaped_while_the_thread_unwinds() {
    on_each(|scene| async move {
        let reaper = reaper_on(&Handle::current());
        let (scope, gate) = (scene.on(&reaper), scene.gate.clone());
        let task = tokio::spawn(async move {
            let panics = async {
                gate.reached().await;
                quiet_panic("boom")
            };
            let ((), _) = tokio::join!(panics, scope);
        });
        assert!(task.await.unwrap_err().is_panic());
        finish(scene, reaper).await;
    });
}

#[test]
fn drop_any_time_of_a_plain_scope() {
    on_each(|scene| async move {
        timeout(SHORT, scene.plain()).await.expect_err("it is held up");
        scene.assert_abandoned();
    });
    on_each(|scene| async move {
        let task = tokio::spawn(scene.plain());
        scene.gate.reached().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        scene.assert_abandoned();
    });
    on_each(|scene| async move {
        tokio::select! {
            _ = scene.plain() => unreachable!("it is held up"),
            () = scene.gate.reached() => {}
        }
        scene.assert_abandoned();
    });
}

/// The scope's runtime ends, the reaper's does not.
#[test]
fn reaped_elsewhere_when_the_runtime_ends() {
    let [many, one] = runtimes();
    for other in [many, one] {
        for phase in PHASES {
            for runtime in runtimes() {
                let (scene, reaper) = (Scene::held(phase), reaper_on(other.handle()));
                runtime.spawn(scene.on(&reaper));
                runtime.block_on(scene.gate.reached());
                drop(runtime);
                other.block_on(async { timeout(LIMIT, finish(scene, reaper)).await }).expect("it hangs");
            }
        }
    }
}

/// The runtime that ends is also the reaper's: nothing can be awaited any more.
#[test]
fn drop_any_time_when_the_runtime_ends() {
    for phase in PHASES {
        for runtime in runtimes() {
            let (plain, kept) = (Scene::held(phase), Scene::held(phase));
            let reaper = reaper_on(runtime.handle());
            runtime.spawn(plain.plain());
            runtime.spawn(kept.on(&reaper));
            runtime.block_on(async { tokio::join!(plain.gate.reached(), kept.gate.reached()) });
            drop(runtime);
            plain.assert_abandoned();
            kept.assert_abandoned();
            assert_eq!(reaper.pending(), 0);
            assert!(reaper.idle().now_or_never().is_some());
        }
    }
}

/// The runtime ends while the reaper is at work, in the enters and in the exits that a dropped scope left to it.
#[test]
fn drop_any_time_of_what_a_reaper_runs() {
    for phase in [Phase::Enter, Phase::Exit] {
        for runtime in runtimes() {
            let scene = Scene::held(phase);
            let reaper = reaper_on(runtime.handle());
            runtime.block_on(async { timeout(SHORT, scene.on(&reaper)).await }).expect_err("it is held up");
            assert_eq!(reaper.pending(), 1);
            drop(runtime);
            scene.assert_abandoned();
            assert_eq!(reaper.pending(), 0);
            assert!(reaper.idle().now_or_never().is_some());
        }
    }
}
