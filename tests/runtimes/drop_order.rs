//! Law `body-between` on a reaper that starts at once: the body, and all that it captured, is gone before the task is
//! handed over, in whatever phase the scope is dropped.

use crate::gate::Gate;
use crate::scene::{Ending, Member, PHASES, Phase, Scene};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use withal::{ExitStack, Reaper, ResourceExt, Scope};
use withal_common::{reaper, run, settle};

/// Runs a scope up to its gate, drops it, and tells in which order things happened from then on.
fn dropped(phase: Phase) -> String {
    let scene = Scene::held(phase);
    let (gate, log) = (scene.gate.clone(), scene.log.clone());
    let reaper = Reaper::new(move |task| {
        log.add("task spawned");
        gate.open();
        run(task);
    });
    let captured = Ending { who: "captured", what: "dropped", log: &scene.log };
    let mut scope = Box::pin(Scope::new(scene.members()).on(&reaper).run(async |_| {
        let _captured = captured;
        scene.body().await;
        anyhow::Ok(())
    }));
    settle(scope.as_mut());
    scene.log.line();
    drop(scope);
    assert_eq!(reaper.pending(), 0);
    scene.log.line()
}

#[test]
fn body_between_dropped_while_entering() {
    assert_eq!(
        dropped(Phase::Enter),
        "captured dropped, task spawned, b entered, b told Cancelled, b exited, a told Cancelled, a exited"
    );
}

/// A full stack is handed over if its scope is dropped before it is polled, when all else is gone.
#[test]
fn body_between_dropped_before_the_first_poll() {
    let (scene, gate) = (Scene::held(Phase::Body), Gate::closed());
    let log = scene.log.clone();
    let reaper = Reaper::new(move |task| {
        log.add("task spawned");
        run(task);
    });
    let stack = run(ExitStack::new().scope(async |stack| {
        stack.enter(Member::new("full", &scene.log)).await?;
        anyhow::Ok(stack.take_all())
    }));
    scene.log.line();
    let captured = Ending { who: "captured", what: "dropped", log: &scene.log };
    let signal = Ending { who: "signal", what: "dropped", log: &scene.log };
    let signal = async {
        let _signal = signal;
        gate.pass().await;
    };
    drop(Scope::new(stack.unwrap()).on(&reaper).until(signal).run(async |_| {
        let _captured = captured;
        anyhow::Ok(())
    }));
    assert_eq!(scene.log.line(), "captured dropped, signal dropped, task spawned, full told Cancelled, full exited");
}

#[test]
fn body_between_dropped_in_the_body() {
    assert_eq!(
        dropped(Phase::Body),
        "body dropped, captured dropped, task spawned, b told Cancelled, b exited, a told Cancelled, a exited"
    );
}

#[test]
fn body_between_dropped_while_exiting() {
    assert_eq!(dropped(Phase::Exit), "task spawned, b exited");
}

/// A body that is never called is dropped before what entered is abandoned, too.
#[test]
fn body_between_in_a_plain_scope() {
    for phase in PHASES {
        let scene = Scene::held(phase);
        let captured = Ending { who: "captured", what: "dropped", log: &scene.log };
        let mut scope = Box::pin(Scope::new(scene.members()).run(async |_| {
            let _captured = captured;
            scene.body().await;
            anyhow::Ok(())
        }));
        settle(scope.as_mut());
        scene.log.line();
        drop(scope);
        let order = match phase {
            Phase::Enter => "b enter dropped, captured dropped, a abandoned",
            Phase::Body => "body dropped, captured dropped, b abandoned, a abandoned",
            Phase::Exit => "b exit dropped",
        };
        assert_eq!(scene.log.line(), order);
    }
}

/// Runs a scope whose second member enters late, and cancels it meanwhile if it is to be; tells in which order.
macro_rules! never_runs {
    ($fails:literal [$($option:tt)*]) => {{
        let (scene, stop) = (Scene::held(Phase::Enter), Gate::closed());
        let (a, b) = scene.members();
        let members = (a, if $fails { b.fails_to(Phase::Enter) } else { b.entered_through(&stop) });
        let captured = Ending { who: "captured", what: "dropped", log: &scene.log };
        let mut scope = pin!(Scope::new(members)$($option)*.run(async |_| {
            drop(captured);
            anyhow::Ok(())
        }));
        settle(scope.as_mut());
        stop.open();
        scene.gate.open();
        assert!(run(scope).is_err());
        scene.log.line()
    }};
}

/// A body that never runs, as an enter failed or the signal came first, is dropped before the roll-back.
#[test]
fn body_between_that_never_runs() {
    let (reaper, tasks) = reaper();
    let failed = "a entered, b enter failed, captured dropped, a told EnterFailed, a exited";
    assert_eq!(never_runs!(true []), failed);
    assert_eq!(never_runs!(true [.on(&reaper)]), failed);
    let cancelled = "a entered, b entered, captured dropped, b told Cancelled, b exited, a told Cancelled, a exited";
    assert_eq!(never_runs!(false [.until(third_poll())]), cancelled);
    assert_eq!(never_runs!(false [.until(third_poll()).on(&reaper)]), cancelled);
    assert!(tasks.pop().is_none());
}

/// A signal that is ready when it is polled for the third time: when the members are on their way in.
fn third_poll() -> impl Future<Output = ()> + Send {
    let mut polls = 0;
    poll_fn(move |_| {
        polls += 1;
        if polls == 3 { Poll::Ready(()) } else { Poll::Pending }
    })
}
