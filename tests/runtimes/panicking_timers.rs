//! Law `panic-anywhere`, with timers that panic when they are made, polled or dropped: such a timer never fires, and
//! what it was to limit goes on; its panic is a failure.

use crate::gate::Gate;
use crate::scene::{Phase, Scene};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use withal::{MemberPanic, Resource, ResourceExt, Scope, ScopeError};
use withal_common::{panic_of, poll, quiet_panic, reaper, run, settle};

#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Made,
    Polled,
    Dropped,
}

const WHENS: [When; 3] = [When::Made, When::Polled, When::Dropped];

struct Timer(When);

fn timer(when: When) -> impl FnMut() -> Timer + Send + 'static {
    move || if when == When::Made { quiet_panic("timer") } else { Timer(when) }
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0 == When::Polled { quiet_panic("timer") } else { Poll::Pending }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if self.0 == When::Dropped {
            quiet_panic("timer");
        }
    }
}

/// The failure is the timer's, and its panic can be had.
fn assert_timer(failures: withal::Failures, phase: &str, at: &str) {
    assert_eq!(failures.to_string(), format!("could not {phase} {at}timer: panicked: timer"));
    let panic = failures.into_iter().next().unwrap().into_error().downcast::<MemberPanic>().unwrap();
    assert_eq!(panic.into_payload().downcast_ref(), Some(&"timer"));
}

async fn done<G>(_: &mut G) -> Result<(), ScopeError> {
    Ok(())
}

#[test]
fn panic_anywhere_in_a_timer_of_an_enter() {
    for when in WHENS {
        let scene = Scene::held(Phase::Enter);
        let (a, b) = scene.members();
        let mut scope = pin!(Scope::new((a, b.enter_within(timer(when)))).report(done));
        settle(scope.as_mut());
        assert_eq!(scene.log.line(), "a entered", "{when:?}: the enter goes on");
        scene.gate.open();
        let report = run(scope);
        let out = "told Panicked, exited";
        assert_eq!(scene.log.story(), format!("a: {out}; b: entered, {out}"), "{when:?}");
        assert!(report.body.is_none() && report.panic.is_none());
        assert_timer(report.failures, "enter", "[1] ");
    }
}

#[test]
fn panic_anywhere_in_a_timer_of_an_exit() {
    for when in WHENS {
        let scene = Scene::held(Phase::Exit);
        let group = scene.members().exit_within(timer(when));
        let mut scope = pin!(Scope::new(group).report(done));
        settle(scope.as_mut());
        scene.gate.open();
        let report = run(scope);
        let each = "entered, told Completed, exited";
        assert_eq!(scene.log.story(), format!("a: {each}; b: {each}"), "{when:?}");
        assert!(matches!(report.body, Some(Ok(()))));
        assert_timer(report.failures, "exit", "");
    }
}

/// `run` resumes it when all is out. A timer is not even polled if what it limits does not wait.
#[test]
fn panic_last_of_a_timer() {
    fn check(scene: &Scene, members: impl Resource, panic: Option<&str>) {
        assert_eq!(panic_of(|| run(Scope::new(members).run(done)).unwrap()).as_deref(), panic);
        assert_eq!(scene.log.line().matches("exited").count(), 2);
    }
    for when in WHENS {
        let scene = Scene::held(Phase::Body);
        let ((a, b), panic) = (scene.members(), (when != When::Polled).then_some("timer"));
        check(&scene, (a, b.enter_within(timer(when))), panic);
        let (a, b) = scene.members();
        check(&scene, (a, b.exit_within(timer(when))), panic);
    }
}

/// A timer panics while it is dropped with the scope: after all else, the panic comes out of the drop.
#[test]
fn drop_any_time_with_a_timer_that_panics() {
    fn check<R: Resource + 'static>(scene: &Scene, members: impl Fn() -> R) {
        let (reaper, tasks) = reaper();
        let mut scope = Box::pin(Scope::new(members()).run(done));
        settle(scope.as_mut());
        assert_eq!(panic_of(|| scope).as_deref(), Some("timer"));
        let end = if scene.phase == Phase::Enter { "abandoned" } else { "exit dropped" };
        assert!(scene.log.line().contains(end));

        let mut scope = Box::pin(Scope::new(members()).on(&reaper).run(done));
        settle(scope.as_mut());
        assert_eq!(panic_of(|| scope).as_deref(), None, "the timer goes with the task");
        scene.gate.open();
        tasks.run();
        assert_eq!(scene.log.line().matches("exited").count(), 2);
        assert_eq!(reaper.pending(), 0);
    }
    let (entering, exiting) = (Scene::held(Phase::Enter), Scene::held(Phase::Exit));
    check(&entering, || entering.members().enter_within(timer(When::Dropped)));
    check(&exiting, || exiting.members().exit_within(timer(When::Dropped)));
}

/// By hand, outside of a scope, it resumes when what entered is out again.
#[test]
fn panic_anywhere_in_a_timer_by_hand() {
    for when in [When::Made, When::Dropped] {
        let scene = Scene::held(Phase::Body);
        let mut group = scene.members().enter_within(timer(when));
        assert_eq!(panic_of(|| run(group.enter())).as_deref(), Some("timer"));
        let each = "entered, told Panicked, exited";
        assert_eq!(scene.log.story(), format!("a: {each}; b: {each}"));
        let mut group = scene.members().exit_within(timer(when));
        let guard = run(group.enter()).unwrap();
        scene.log.line();
        assert_eq!(panic_of(|| run(group.exit(guard, withal::Outcome::Completed))).as_deref(), Some("timer"));
        let each = "told Completed, exited";
        assert_eq!(scene.log.story(), format!("a: {each}; b: {each}"));
    }
}

/// Law `fail-fast`: an enter whose timer panicked goes on, and fails when it is done; its guard is not lost.
#[test]
fn fail_fast_with_a_timer_that_panics() {
    for when in WHENS {
        let (scene, never) = (Scene::held(Phase::Enter), Gate::closed());
        let (a, b) = scene.members();
        let members = (a.entered_through(&never), b.enter_within(timer(when))).fail_fast();
        let mut scope = pin!(Scope::new(members).report(done));
        settle(scope.as_mut());
        scene.gate.open();
        let Poll::Ready(report) = poll(scope.as_mut()) else { panic!("{when:?}: a is not waited for") };
        assert_eq!(scene.log.line(), "b entered, a enter dropped, b told Panicked, b exited");
        assert_timer(report.failures, "enter", "[1] ");
    }
}
