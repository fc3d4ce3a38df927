//! Laws `reaped`, `drop-any-time` and `panic-anywhere`: spawners that refuse, panic or forget to run the task, and
//! scopes that are dropped while the thread unwinds.

use crate::scene::{PHASES, Phase, Scene};
use std::panic::{AssertUnwindSafe, catch_unwind};
use withal::Reaper;
use withal_common::{panic_of, quiet_panic, reaper, reaper_that, run, settle};

/// Runs a scope up to its gate, drops it, and gives the panic that this ends in.
fn drop_held_up(scene: &Scene, reaper: &Reaper) -> Option<String> {
    let mut scope = Box::pin(scene.on(reaper));
    settle(scope.as_mut());
    panic_of(|| scope)
}

/// The same, while another panic unwinds; gives the panic that comes out.
fn drop_unwinding(scene: &Scene, reaper: &Reaper) -> Option<String> {
    let mut scope = Box::pin(scene.on(reaper));
    settle(scope.as_mut());
    panic_of(move || -> () {
        let _scope = scope;
        quiet_panic("first")
    })
}

/// Nothing is awaited: in whatever phase, what entered is abandoned on the spot; and then this panic resumes.
fn assert_abandoned_at_once(reaper: &Reaper, panics: Option<&str>) {
    for phase in PHASES {
        let scene = Scene::held(phase);
        assert_eq!(drop_held_up(&scene, reaper).as_deref(), panics);
        scene.assert_abandoned();
        assert_eq!(reaper.pending(), 0);
        run(reaper.idle());

        let scene = Scene::held(phase);
        assert_eq!(drop_unwinding(&scene, reaper).as_deref(), Some("first"), "the first panic goes on");
        scene.assert_abandoned();
        assert_eq!(reaper.pending(), 0);
        run(reaper.idle());
    }
}

#[test]
fn drop_any_time_when_the_spawner_refuses() {
    assert_abandoned_at_once(&Reaper::try_new(Err), None);
}

/// A real one: nobody receives any more.
#[test]
fn drop_any_time_when_the_queue_is_closed() {
    let (queue, tasks) = std::sync::mpsc::channel();
    let reaper = Reaper::try_new(move |task| queue.send(task).map_err(|refused| refused.0));
    let scene = Scene::held(Phase::Body);
    assert_eq!(drop_held_up(&scene, &reaper), None);
    assert_eq!(reaper.pending(), 1);
    drop(tasks); // with one task in it
    scene.assert_abandoned();
    assert_eq!(reaper.pending(), 0);
    assert_abandoned_at_once(&reaper, None);
}

#[test]
fn drop_any_time_when_the_spawner_drops_the_task() {
    assert_abandoned_at_once(&Reaper::new(drop), None);
}

/// Law `panic-anywhere`: the panic resumes where the scope was dropped, but never on top of another one.
#[test]
fn drop_any_time_when_the_spawner_panics() {
    assert_abandoned_at_once(&Reaper::new(|_| quiet_panic("no room")), Some("no room"));
}

/// A spawner that panics when it has put the task away already: the task is not lost with the panic.
#[test]
fn reaped_when_the_spawner_panics_too_late() {
    let (reaper, tasks) = reaper_that(|| quiet_panic("too late"));
    let scene = Scene::held(Phase::Body);
    assert_eq!(drop_held_up(&scene, &reaper).as_deref(), Some("too late"));
    assert_eq!(reaper.pending(), 1);
    tasks.run();
    scene.assert_reaped();
    assert_eq!(reaper.pending(), 0);
}

/// tokio's own spawner panics where no runtime is entered.
#[test]
fn drop_any_time_outside_of_the_runtime() {
    let reaper = Reaper::new(|task| drop(tokio::spawn(task)));
    for phase in PHASES {
        let scene = Scene::held(phase);
        let mut scope = Box::pin(scene.on(&reaper));
        settle(scope.as_mut());
        let panic = catch_unwind(AssertUnwindSafe(|| drop(scope))).expect_err("there is no runtime");
        let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
        assert!(text.unwrap().contains("runtime"), "{text:?}");
        scene.assert_abandoned();
        assert_eq!(reaper.pending(), 0);
    }
}

#[test]
fn reaped_while_the_thread_unwinds() {
    for phase in PHASES {
        let (reaper, tasks) = reaper();
        let scene = Scene::held(phase);
        assert_eq!(drop_unwinding(&scene, &reaper).as_deref(), Some("first"));
        assert_eq!(reaper.pending(), 1);
        scene.gate.open();
        tasks.run();
        scene.assert_reaped();
        assert_eq!(reaper.pending(), 0);
    }
}

/// The spawner is called once for a scope that is dropped, and never for one that comes to its end, or never began.
#[test]
fn reaped_only_when_needed() {
    let (reaper, tasks) = reaper();
    for phase in PHASES {
        let scene = Scene::held(phase);
        drop(scene.on(&reaper));
        assert_eq!(scene.log.line(), "", "it was not polled");
        scene.gate.open();
        run(scene.on(&reaper)).unwrap();
        let each = "entered, told Completed, exited";
        assert_eq!(scene.log.story(), format!("a: {each}; b: {each}; body: ended"));
    }
    assert!(tasks.pop().is_none());
    drop_held_up(&Scene::held(Phase::Body), &reaper);
    assert!(tasks.pop().is_some() && tasks.pop().is_none());
}
