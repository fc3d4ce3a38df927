//! Deadlines on groups, inside each other, under `fail_fast`, with a signal, and on a reaper: those that were late are
//! named by their paths, and what had entered is exited by awaiting (laws `roll-back`, `fail-fast`, `until`, `reaped`).

use crate::deadlines::{done, texts};
use crate::gate::Gate;
use crate::scene::{Member, Phase, Scene};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use withal::{Resource, ResourceExt, Scope};
use withal_common::{Log, poll, reaper, run, settle};

/// What members of a test share.
#[derive(Default)]
struct Stage {
    log: Log,
}

impl Stage {
    fn ready(&self, name: &'static str) -> Member {
        Member::new(name, &self.log)
    }

    /// Never in, or never out.
    fn stuck(&self, name: &'static str, phase: Phase) -> Member {
        let never = Gate::closed();
        match phase {
            Phase::Enter => self.ready(name).entered_through(&never),
            _ => self.ready(name).exited_through(&never),
        }
    }

    /// Polls a scope with a timer that is not ready, and then with one that is; gives the failures.
    fn play<R: Resource>(&self, timer: &Gate, resource: R) -> Vec<String> {
        let mut scope = pin!(Scope::new(resource).report(done));
        settle(scope.as_mut());
        self.log.line();
        timer.open();
        texts(&run(scope).failures)
    }
}

#[test]
fn roll_back_of_a_group_past_its_deadline() {
    let (stage, late) = (Stage::default(), Gate::closed());
    let inner = (stage.ready("b"), vec![stage.stuck("c", Phase::Enter), stage.ready("d")]);
    let group = (stage.ready("a"), inner, [stage.stuck("e", Phase::Enter)]).enter_within(|| late.pass());
    assert_eq!(
        stage.play(&late, (stage.ready("x"), group)),
        [
            "could not enter [1, 1, 1, 0] c: its deadline has elapsed",
            "could not enter [1, 2, 0] e: its deadline has elapsed"
        ]
    );
    let out = "told EnterFailed, exited";
    assert_eq!(
        stage.log.story(),
        format!("a: {out}; b: {out}; c: enter dropped; d: {out}; e: enter dropped; x: {out}")
    );
}

#[test]
fn no_exit_cut_but_the_late_ones_of_a_group() {
    let (stage, late) = (Stage::default(), Gate::closed());
    let inner = (stage.ready("b"), vec![stage.stuck("c", Phase::Exit), stage.ready("d")]);
    let group = (stage.ready("a"), inner, [stage.stuck("e", Phase::Exit)]).exit_within(|| late.pass());
    assert_eq!(
        stage.play(&late, (stage.ready("x"), group)),
        [
            "could not exit [1, 1, 1, 0] c: its deadline has elapsed",
            "could not exit [1, 2, 0] e: its deadline has elapsed"
        ]
    );
    assert_eq!(stage.log.story(), "c: exit dropped; e: exit dropped", "the others were out before");
}

/// The last of a group is in when the deadline is there: nobody is late.
#[test]
fn exactly_once_of_a_group_in_the_poll_of_the_deadline() {
    for phase in [Phase::Enter, Phase::Exit] {
        let (scene, late) = (Scene::held(phase), Gate::closed());
        let (a, b) = scene.members();
        let group = (a, vec![b]).enter_within(|| late.pass()).exit_within(|| late.pass());
        let mut scope = pin!(Scope::new(group).report(done));
        settle(scope.as_mut());
        scene.gate.open();
        late.open();
        assert!(run(scope).is_clean());
        assert_eq!(scene.log.line().matches("exited").count(), 2);
    }
}

/// A member that fails before the deadline, and one that is late: each is named once.
#[test]
fn first_is_first_with_a_deadline() {
    let (stage, late) = (Stage::default(), Gate::closed());
    let group = (stage.stuck("a", Phase::Enter), stage.ready("b").fails_to(Phase::Enter), stage.ready("c"));
    let mut scope = pin!(Scope::new(group.enter_within(|| late.pass())).report(done));
    settle(scope.as_mut());
    late.open();
    let failures = run(scope).failures;
    assert_eq!(
        texts(&failures),
        ["could not enter [0] a: its deadline has elapsed", "could not enter [1] b: b is out of order"]
    );
    assert_eq!(failures.first().unwrap().name(), "b");
}

/// Being late is a failure: under `fail_fast` the others are dropped, and not late.
#[test]
fn fail_fast_past_a_deadline() {
    let (stage, late) = (Stage::default(), Gate::closed());
    let group = (stage.ready("a"), stage.stuck("b", Phase::Enter), stage.stuck("c", Phase::Enter));
    let (a, b, c) = group;
    let texts = stage.play(&late, (a, b.enter_within(|| late.pass()), c).fail_fast());
    assert_eq!(texts, ["could not enter [1] b: its deadline has elapsed"]);
    assert_eq!(stage.log.line(), "b enter dropped, c enter dropped, a told EnterFailed, a exited");
}

/// Both orders of the two adaptors: all that are under way are late.
#[test]
fn fail_fast_group_past_its_deadline() {
    for outside in [true, false] {
        let (stage, late) = (Stage::default(), Gate::closed());
        let group = (stage.ready("a"), stage.stuck("b", Phase::Enter), stage.stuck("c", Phase::Enter));
        let texts = if outside {
            stage.play(&late, group.fail_fast().enter_within(|| late.pass()))
        } else {
            stage.play(&late, group.enter_within(|| late.pass()).fail_fast())
        };
        let expected =
            ["could not enter [1] b: its deadline has elapsed", "could not enter [2] c: its deadline has elapsed"];
        assert_eq!(texts, expected);
    }
}

/// What `fail_fast` dropped before was not late: only those are named that the deadline found under way.
#[test]
fn fail_fast_inside_a_group_past_its_deadline() {
    let (stage, late) = (Stage::default(), Gate::closed());
    let inner = (stage.stuck("a", Phase::Enter), stage.ready("b").fails_to(Phase::Enter)).fail_fast();
    let group = (inner, stage.stuck("c", Phase::Enter)).enter_within(|| late.pass());
    assert_eq!(
        stage.play(&late, group),
        ["could not enter [0, 1] b: b is out of order", "could not enter [1] c: its deadline has elapsed"]
    );
    assert_eq!(stage.log.line(), "c enter dropped");
}

/// The inner deadline first, then the outer one: each member is late once.
#[test]
fn roll_back_with_deadlines_inside_each_other() {
    let (stage, inner, outer) = (Stage::default(), Gate::closed(), Gate::closed());
    let pair = (stage.stuck("a", Phase::Enter).enter_within(|| inner.pass()), stage.stuck("b", Phase::Enter));
    let mut scope = pin!(Scope::new(pair.enter_within(|| outer.pass())).report(done));
    settle(scope.as_mut());
    inner.open();
    settle(scope.as_mut());
    assert_eq!(stage.log.line(), "a enter dropped", "the default policy settles");
    outer.open();
    let failures = run(scope).failures;
    assert_eq!(stage.log.line(), "b enter dropped");
    assert_eq!(
        texts(&failures),
        ["could not enter [0] a: its deadline has elapsed", "could not enter [1] b: its deadline has elapsed"]
    );
}

#[test]
fn until_with_a_deadline() {
    let (stage, late, stop) = (Stage::default(), Gate::closed(), Gate::closed());
    let members = (stage.ready("a"), stage.stuck("b", Phase::Enter).enter_within(|| late.pass()));
    let mut scope = pin!(Scope::new(members).until(stop.pass()).report(done));
    settle(scope.as_mut());
    stop.open();
    settle(scope.as_mut());
    late.open();
    let report = run(scope);
    assert!(report.cancelled);
    assert_eq!(texts(&report.failures), ["could not enter [1] b: its deadline has elapsed"]);
    assert_eq!(stage.log.story(), "a: entered, told Cancelled, exited; b: enter dropped");
}

/// On a reaper the deadline goes on, and what is late is heard.
#[test]
fn reaped_with_a_deadline() {
    for phase in [Phase::Enter, Phase::Exit] {
        let (scene, late) = (Scene::held(phase), Gate::closed());
        let (heard, (reaper, tasks)) = (Arc::new(Mutex::new(Vec::new())), reaper());
        let hear = Arc::clone(&heard);
        let reaper = reaper.on_failure(move |reaped| hear.lock().unwrap().push(texts(&reaped.failures)));
        let timer = {
            let late = late.clone();
            move || {
                let late = late.clone();
                async move { late.pass().await }
            }
        };
        let group = scene.members().enter_within(timer.clone()).exit_within(timer);
        settle(Box::pin(Scope::new(group).on(&reaper).run(async |_| anyhow::Ok(()))).as_mut());
        let mut task = tasks.pop().unwrap();
        settle(task.as_mut());
        late.open();
        assert!(poll(task.as_mut()).is_ready());
        let (verb, story) = match phase {
            Phase::Enter => ("enter", "a: entered, told Cancelled, exited; b: enter dropped"),
            _ => ("exit", "a: entered, told Completed, exited; b: entered, told Completed, exit dropped"),
        };
        assert_eq!(*heard.lock().unwrap(), [[format!("could not {verb} [1] b: its deadline has elapsed")]]);
        assert_eq!(scene.log.story(), story);
        assert_eq!(reaper.pending(), 0);
    }
}

/// Dropped at any time, with no reaper: as without deadlines.
#[test]
fn drop_any_time_with_deadlines() {
    for phase in [Phase::Enter, Phase::Exit] {
        let scene = Scene::held(phase);
        let never = std::future::pending::<()>;
        let group = scene.members().enter_within(never).exit_within(never);
        settle(Box::pin(Scope::new(group).run(done)).as_mut());
        let story = match phase {
            Phase::Enter => "a: entered, abandoned; b: enter dropped",
            _ => "a: entered, told Completed, exited; b: entered, told Completed, exit dropped",
        };
        assert_eq!(scene.log.story(), story);
    }
}
