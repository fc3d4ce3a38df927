//! Deadlines on one member, with timers made by hand: what is late is dropped and reported as `Elapsed`; what is done
//! in the same poll is not late (laws `never-entered`, `exactly-once`, `no-exit-cut`).

use crate::gate::Gate;
use crate::scene::{Member, Phase, Scene};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use withal::{BoxError, Elapsed, Failures, Outcome, OutcomeKind, Resource, ResourceExt, Scope, ScopeError};
use withal_common::{Log, poll, run, settle};

/// The failures, as text; those that are `Elapsed` are so by type.
pub fn texts(failures: &Failures) -> Vec<String> {
    for failure in failures {
        assert_eq!(failure.error().is::<Elapsed>(), failure.to_string().ends_with("its deadline has elapsed"));
    }
    failures.iter().map(ToString::to_string).collect()
}

pub async fn done<G>(_: &mut G) -> Result<u32, ScopeError> {
    Ok(42)
}

#[test]
fn never_entered_past_its_deadline() {
    let (log, gate, late) = (Log::default(), Gate::closed(), Gate::closed());
    let held = Member::new("b", &log).entered_through(&gate);
    let exit = Gate::closed();
    let members = (Member::new("a", &log).exited_through(&exit), held.enter_within(|| late.pass()));
    let mut scope = pin!(Scope::new(members).report(done));
    settle(scope.as_mut());
    assert_eq!(log.line(), "a entered");
    late.open();
    assert!(poll(scope.as_mut()).is_pending());
    assert_eq!(log.line(), "b enter dropped, a told EnterFailed");
    exit.open();
    let report = run(scope);
    assert_eq!(log.line(), "a exited", "by awaiting");
    assert!(report.body.is_none());
    assert_eq!(texts(&report.failures), ["could not enter [1] b: its deadline has elapsed"]);
}

/// The cause is `Elapsed`, for those who are told.
#[test]
fn same_outcome_past_a_deadline() {
    struct Asks<'a>(&'a AtomicUsize);

    impl Resource for Asks<'_> {
        type Guard = ();
        type Error = BoxError;

        async fn enter(&mut self) -> Result<(), BoxError> {
            Ok(())
        }

        async fn exit(&mut self, (): (), outcome: Outcome<'_>) -> Result<(), BoxError> {
            let Outcome::EnterFailed(cause) = outcome else { panic!("{outcome:?}") };
            assert!(cause.downcast_ref::<Elapsed>().is_some());
            self.0.fetch_add(1, SeqCst);
            Ok(())
        }
    }

    let (told, never) = (AtomicUsize::new(0), Gate::closed());
    let late = Member::new("b", &Log::default()).entered_through(&never).enter_within(|| std::future::ready(()));
    let report = run(Scope::new((Asks(&told), late)).report(done));
    assert_eq!(texts(&report.failures), ["could not enter [1] b: its deadline has elapsed"]);
    assert_eq!(told.load(SeqCst), 1);
}

/// An enter that is done in the same poll as its deadline has succeeded, and its guard is not lost.
#[test]
fn exactly_once_in_the_poll_of_the_deadline() {
    for phase in [Phase::Enter, Phase::Exit] {
        let (scene, late) = (Scene::held(phase), Gate::closed());
        let (a, b) = scene.members();
        let members = (a, b.enter_within(|| late.pass()).exit_within(|| late.pass()));
        let mut scope = pin!(Scope::new(members).report(done));
        settle(scope.as_mut());
        late.open();
        scene.gate.open();
        let report = run(scope);
        assert!(report.is_clean(), "{report:?}");
        let each = "entered, told Completed, exited";
        assert_eq!(scene.log.story(), format!("a: {each}; b: {each}"));
    }
}

/// A deadline that has passed before it starts leaves one poll.
#[test]
fn exactly_once_with_no_time_at_all() {
    let log = Log::default();
    let at_once = Member::new("a", &log)
        .enter_within(|| std::future::ready(()))
        .exit_within(|| std::future::ready("timers may give what they like"));
    assert!(run(Scope::new(at_once).report(done)).is_clean());
    assert_eq!(log.line(), "a entered, a told Completed, a exited");
}

/// An exit past its deadline is dropped and reported; the others go on.
#[test]
fn no_exit_cut_but_the_late_one() {
    let (log, gate, late) = (Log::default(), Gate::closed(), Gate::closed());
    let never = Gate::closed();
    let held = |name, gate: &Gate| Member::new(name, &log).exited_through(gate);
    let members = (held("a", &gate), held("b", &never).exit_within(|| late.pass()), held("c", &gate));
    let mut scope = pin!(Scope::new(members).report(done));
    settle(scope.as_mut());
    log.line();
    late.open();
    settle(scope.as_mut());
    assert_eq!(log.line(), "b exit dropped", "the others go on");
    gate.open();
    let report = run(scope);
    assert_eq!(log.story(), "a: exited; c: exited");
    assert_eq!(report.body.unwrap().unwrap(), 42, "the body's value is kept");
    assert_eq!(texts(&report.failures), ["could not exit [1] b: its deadline has elapsed"]);
}

/// A timer is made when the phase starts that it limits, and anew each time.
#[test]
fn a_timer_is_made_when_its_phase_starts() {
    let made = AtomicUsize::new(0);
    let scene = Scene::held(Phase::Enter);
    let (mut b, timer) = (scene.members().1, || {
        made.fetch_add(1, SeqCst);
        std::future::pending::<()>()
    });
    let mut exiting = (&mut b).exit_within(timer);
    {
        let mut scope = pin!(Scope::new(&mut exiting).run(done));
        settle(scope.as_mut());
        assert_eq!(made.load(SeqCst), 0, "no timer for an exit before it starts");
        scene.gate.open();
        assert_eq!(run(scope).unwrap(), 42);
    }
    assert_eq!(made.load(SeqCst), 1);
    run(Scope::new(&mut exiting).run(done)).unwrap();
    assert_eq!(made.load(SeqCst), 2);
    let mut entering = b.enter_within(timer);
    run(Scope::new(&mut entering).run(done)).unwrap();
    run(Scope::new(&mut entering).run(done)).unwrap();
    assert_eq!(made.load(SeqCst), 4);
}

/// By hand, outside of a scope: the error says who was late, and the resource can be entered again.
#[test]
fn never_entered_by_hand() {
    let (log, gate, late) = (Log::default(), Gate::closed(), Gate::closed());
    let exit = Gate::closed();
    let held = Member::new("b", &log).entered_through(&gate).exited_through(&exit);
    let mut pair = (Member::new("a", &log), held).enter_within(|| late.pass()).exit_within(|| late.pass());
    {
        let mut enter = pin!(pair.enter());
        settle(enter.as_mut());
        late.open();
        let error = run(enter).unwrap_err();
        assert_eq!(error.to_string(), "could not enter [1] b: its deadline has elapsed");
        assert!(error.downcast_ref::<Failures>().unwrap().first().unwrap().error().is::<Elapsed>());
        assert_eq!(log.line(), "a entered, b enter dropped, a told EnterFailed, a exited");
    }
    gate.open();
    let guard = run(pair.enter()).unwrap();
    let error = run(pair.exit(guard, Outcome::Released)).unwrap_err();
    assert_eq!(error.to_string(), "could not exit [1] b: its deadline has elapsed");
    let told = OutcomeKind::Released;
    assert_eq!(log.story(), format!("a: entered, told {told:?}, exited; b: entered, told {told:?}, exit dropped"));
}

/// Dropped by hand in the middle of an enter with a deadline, what entered is abandoned.
#[test]
fn drop_any_time_by_hand() {
    let scene = Scene::held(Phase::Enter);
    let mut pair = scene.members().enter_within(std::future::pending::<()>);
    {
        let mut enter = Box::pin(pair.enter());
        settle(enter.as_mut());
    }
    scene.assert_abandoned();
}
