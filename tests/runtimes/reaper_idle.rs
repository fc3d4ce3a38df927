//! Law `reaped`: `pending` and `idle`, with many scopes and many who wait.

use crate::gate::Gate;
use crate::scene::{PHASES, Phase, Scene};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Wake, Waker};
use withal::Reaper;
use withal_common::{poll, reaper, run, settle};

/// Counts how often it is woken; its wakers are counted by its `Arc`.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn poll_with<F: Future>(woken: &Arc<Woken>, future: std::pin::Pin<&mut F>) -> bool {
    future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(woken)))).is_ready()
}

/// Leaves one scope to the reaper, with its exit held up.
fn leave_one(reaper: &Reaper) -> Scene {
    let scene = Scene::held(Phase::Exit);
    settle(Box::pin(scene.on(reaper)).as_mut());
    scene
}

#[test]
fn reaped_and_idle_with_nothing_to_do() {
    let (reaper, _) = reaper();
    assert_eq!(reaper.pending(), 0);
    assert!(poll(pin!(reaper.idle())).is_ready());
    let scene = Scene::held(Phase::Body);
    let mut scope = pin!(scene.on(&reaper));
    settle(scope.as_mut());
    assert!(poll(pin!(reaper.idle())).is_ready(), "a scope that lives is its caller's");
}

#[test]
fn reaped_wakes_all_who_wait() {
    let (reaper, tasks) = reaper();
    let (one, two) = (leave_one(&reaper), leave_one(&reaper));
    assert_eq!(reaper.pending(), 2);

    let woken = Arc::new(Woken::default());
    let clone = reaper.clone();
    let mut waiting: Vec<_> = (0..100).map(|i| Box::pin(if i % 2 == 0 { &reaper } else { &clone }.idle())).collect();
    for _ in 0..3 {
        assert!(!waiting.iter_mut().any(|idle| poll_with(&woken, idle.as_mut())));
        assert_eq!(Arc::strong_count(&woken), 101, "one waker for each, however often it is polled");
    }
    waiting.drain(..50);
    assert_eq!(Arc::strong_count(&woken), 51, "none for those who gave up");

    two.gate.open();
    run(tasks.pop().unwrap()); // the last one first
    one.gate.open();
    assert_eq!((reaper.pending(), woken.0.load(SeqCst)), (1, 0), "one scope is left");
    run(tasks.pop().unwrap());
    assert_eq!((reaper.pending(), woken.0.load(SeqCst)), (0, 50));
    assert!(waiting.iter_mut().all(|idle| poll_with(&woken, idle.as_mut())));
    drop(waiting);
    assert_eq!(Arc::strong_count(&woken), 1);
    one.assert_reaped();
    two.assert_reaped();
}

/// One who was woken and comes too late waits again.
#[test]
fn reaped_and_idle_again() {
    let (reaper, tasks) = reaper();
    let woken = Arc::new(Woken::default());
    let mut idle = pin!(reaper.idle());
    for _ in 0..3 {
        leave_one(&reaper).gate.open();
        assert!(!poll_with(&woken, idle.as_mut()));
        tasks.run();
        assert_eq!(Arc::strong_count(&woken), 1, "a waker that was woken is gone");
    }
    assert_eq!(woken.0.load(SeqCst), 3);
    assert!(poll_with(&woken, idle.as_mut()));
}

/// The one that is waited with last is the one that is woken.
#[test]
fn reaped_wakes_the_latest_waker() {
    let (reaper, tasks) = reaper();
    leave_one(&reaper).gate.open();
    let (early, late) = (Arc::new(Woken::default()), Arc::new(Woken::default()));
    let mut idle = pin!(reaper.idle());
    assert!(!poll_with(&early, idle.as_mut()));
    assert!(!poll_with(&late, idle.as_mut()));
    assert_eq!(Arc::strong_count(&early), 1);
    tasks.run();
    assert_eq!((early.0.load(SeqCst), late.0.load(SeqCst)), (0, 1));
}

/// `idle` comes after all else: the members' exits, their drops, and what hears of failures.
#[test]
fn reaped_before_it_is_idle() {
    let last = Arc::new(AtomicUsize::new(0));
    let (seen, (plain, tasks)) = (Arc::clone(&last), reaper());
    let watched = plain.clone();
    let reaper = plain.on_failure(move |_| {
        seen.store(watched.pending(), SeqCst);
    });
    let scene = Scene::held(Phase::Exit);
    let (a, b) = scene.members();
    let members = (a.fails_to(Phase::Exit), b);
    settle(Box::pin(withal::Scope::new(members).on(&reaper).run(async |_| anyhow::Ok(()))).as_mut());
    scene.gate.open();
    tasks.run();
    assert_eq!(last.load(SeqCst), 1, "it is still pending when it tells");
    assert_eq!(reaper.pending(), 0, "clones count together");
}

/// Thousands at once, on threads.
#[test]
fn reaped_thousands_on_one_reaper() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(async {
        let reaper = Reaper::new(|task| drop(tokio::spawn(task)));
        let mut scenes = Vec::new();
        let waiting = Gate::closed();
        for phase in PHASES.into_iter().cycle().take(3000) {
            let scene = Scene::held(phase);
            let task = tokio::spawn(scene.on(&reaper));
            scene.gate.reached().await;
            task.abort();
            scenes.push((scene, task));
        }
        let waits = (0..10).map(|_| {
            let (reaper, waiting) = (reaper.clone(), waiting.clone());
            tokio::spawn(async move {
                waiting.pass().await;
                reaper.idle().await;
            })
        });
        let waits: Vec<_> = waits.collect();
        for (scene, task) in &mut scenes {
            assert!(task.await.unwrap_err().is_cancelled());
            scene.gate.open();
        }
        waiting.open();
        let idle = futures::future::join_all(waits);
        let idle = tokio::time::timeout(std::time::Duration::from_secs(60), idle).await.expect("it hangs");
        assert!(idle.iter().all(Result::is_ok));
        assert_eq!(reaper.pending(), 0);
        for (scene, _) in &scenes {
            scene.assert_reaped();
        }
    });
}
