//! Law `until`, at the places where it is decided by a single poll; polled by hand.

use crate::gate::Gate;
use crate::scene::{Member, Phase, Scene};
use std::future::ready;
use std::pin::pin;
use withal::{ResourceExt, Scope, ScopeError, ScopeErrorKind};
use withal_common::{Log, reaper, run, settle};

fn kind(result: anyhow::Result<()>) -> ScopeErrorKind {
    result.unwrap_err().downcast::<ScopeError>().unwrap().kind()
}

#[test]
fn until_ready_before_anything() {
    let scene = Scene::held(Phase::Enter);
    let (reaper, tasks) = reaper();
    let body = async |_: &mut _| -> anyhow::Result<()> { unreachable!() };
    assert_eq!(kind(run(Scope::new(scene.members()).until(ready(())).run(body))), ScopeErrorKind::Cancelled);
    let on_reaper = Scope::new(scene.members()).until(ready(())).on(&reaper);
    assert_eq!(kind(run(on_reaper.run(body))), ScopeErrorKind::Cancelled);
    let report = run(Scope::new(scene.members()).until(ready(())).report(body));
    assert!(report.cancelled && report.body.is_none() && report.failures.is_empty());
    assert_eq!(scene.log.line(), "", "nothing is entered");
    assert!(tasks.pop().is_none());
}

/// A body that ends in the poll in which the signal is ready has ended; one that does not is dropped in that poll.
#[test]
fn until_the_body_wins_in_the_same_poll() {
    for pending in [false, true] {
        let scene = Scene::held(Phase::Body);
        let (gate, stop) = (&scene.gate, Gate::closed());
        let body = async |_: &mut _| {
            gate.pass().await;
            if pending {
                std::future::pending::<()>().await;
            }
            Ok::<_, ScopeError>(42)
        };
        let mut scope = pin!(Scope::new(scene.members()).until(stop.pass()).report(body));
        settle(scope.as_mut());
        stop.open();
        gate.open();
        let report = run(scope);
        assert_eq!(report.cancelled, pending);
        assert_eq!(report.body.map(Result::unwrap), (!pending).then_some(42));
        let told = if pending { "Cancelled" } else { "Completed" };
        let order = format!("a entered, b entered, b told {told}, b exited, a told {told}, a exited");
        assert_eq!(scene.log.line(), order);
    }
}

/// The same of an enter: what is in stays in, and is exited; the body does not run.
#[test]
fn until_an_enter_in_the_same_poll_is_not_lost() {
    let scene = Scene::held(Phase::Enter);
    let stop = Gate::closed();
    let body = async |_: &mut _| -> anyhow::Result<()> { unreachable!() };
    let mut scope = pin!(Scope::new(scene.members().fail_fast()).until(stop.pass()).run(body));
    settle(scope.as_mut());
    stop.open();
    scene.gate.open();
    assert_eq!(kind(run(scope)), ScopeErrorKind::Cancelled);
    let each = "entered, told Cancelled, exited";
    assert_eq!(scene.log.story(), format!("a: {each}; b: {each}"));
}

/// A group that fails fast, inside one that settles: the enters in it are dropped, the others run to their end.
#[test]
fn until_with_fail_fast_inside_settle() {
    let (log, gate, stop) = (Log::default(), Gate::closed(), Gate::closed());
    let held = |name| Member::new(name, &log).entered_through(&gate);
    let (reaper, tasks) = reaper();
    let members = || ((held("a"), Member::new("b", &log), held("c")).fail_fast(), held("d"));
    let mut scope = pin!(Scope::new(members()).until(stop.pass()).run(async |_| anyhow::Ok(())));
    let mut kept = pin!(Scope::new(members()).until(stop.pass()).on(&reaper).run(async |_| anyhow::Ok(())));
    settle(scope.as_mut());
    settle(kept.as_mut());
    assert_eq!(log.line(), "b entered, b entered");
    stop.open();
    settle(scope.as_mut());
    assert_eq!(log.story(), "a: enter dropped; c: enter dropped", "d settles");
    log.line();
    settle(kept.as_mut());
    assert_eq!(log.story(), "a: enter dropped; c: enter dropped", "d settles");
    log.line();
    gate.open();
    let settled = "d entered, d told Cancelled, d exited, b told Cancelled, b exited";
    assert_eq!(kind(run(scope)), ScopeErrorKind::Cancelled);
    assert_eq!(log.line(), settled);
    assert_eq!(kind(run(kept)), ScopeErrorKind::Cancelled);
    assert_eq!(log.line(), settled);
    assert!(tasks.pop().is_none());
}

/// Law `reaped`: the signal first, and then a drop while enters settle.
#[test]
fn until_and_then_dropped_on_a_reaper() {
    let (log, gate, stop) = (Log::default(), Gate::closed(), Gate::closed());
    let held = |name| Member::new(name, &log).entered_through(&gate);
    let members = ((held("a"), Member::new("b", &log)).fail_fast(), held("c"));
    let (reaper, tasks) = reaper();
    let mut scope = Box::pin(Scope::new(members).until(stop.pass()).on(&reaper).run(async |_| anyhow::Ok(())));
    settle(scope.as_mut());
    stop.open();
    settle(scope.as_mut());
    drop(scope);
    gate.open();
    tasks.run();
    let each = "entered, told Cancelled, exited";
    assert_eq!(log.story(), format!("a: enter dropped; b: {each}; c: {each}"));
}

/// An enter that failed is what ended the scope, whatever comes later.
#[test]
fn until_after_an_enter_failed_is_not_the_cause() {
    let (log, gate, stop) = (Log::default(), Gate::closed(), Gate::closed());
    let members = (Member::new("a", &log).fails_to(Phase::Enter), Member::new("b", &log).entered_through(&gate));
    let mut scope = pin!(Scope::new(members).until(stop.pass()).run(async |_| anyhow::Ok(())));
    settle(scope.as_mut());
    stop.open();
    settle(scope.as_mut());
    gate.open();
    assert_eq!(kind(run(scope)), ScopeErrorKind::Enter);
    assert_eq!(log.story(), "a: enter failed; b: entered, told EnterFailed, exited");
}

/// And one that fails after the signal is in what a `Cancelled` says.
#[test]
fn until_before_an_enter_fails() {
    let (log, gate, stop) = (Log::default(), Gate::closed(), Gate::closed());
    let failing = Member::new("b", &log).entered_through(&gate).fails_to(Phase::Enter);
    let body = async |_: &mut _| Ok::<(), ScopeError>(());
    let mut scope = pin!(Scope::new((Member::new("a", &log), failing)).until(stop.pass()).run(body));
    settle(scope.as_mut());
    stop.open();
    settle(scope.as_mut());
    gate.open();
    let error = run(scope).unwrap_err();
    assert_eq!(error.kind(), ScopeErrorKind::Cancelled);
    assert_eq!(error.to_string(), "the scope was cancelled; could not enter [1] b: b is out of order");
    assert_eq!(log.story(), "a: entered, told Cancelled, exited; b: enter failed");
}

/// Exits are never cut.
#[test]
fn until_during_exits_changes_nothing() {
    let (scene, stop) = (Scene::held(Phase::Exit), Gate::closed());
    let mut scope = pin!(Scope::new(scene.members()).until(stop.pass()).run(async |_| anyhow::Ok(42)));
    settle(scope.as_mut());
    stop.open();
    settle(scope.as_mut());
    scene.gate.open();
    assert_eq!(run(scope).unwrap(), 42);
    assert!(scene.log.story().ends_with("b: entered, told Completed, exited"));
}
