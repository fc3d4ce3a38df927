//! Laws `until` and `panic-anywhere`, with signals that panic when they are polled or dropped; polled by hand.

use crate::scene::{Phase, Scene};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use withal::{Scope, ScopeError};
use withal_common::{panic_of, poll, quiet_panic, reaper, run, settle};

/// A signal that is ready, and then panics if it is polled: it is not.
#[test]
fn until_is_never_polled_again() {
    let scene = Scene::held(Phase::Exit);
    let mut polls = 0;
    let signal = poll_fn(|_| {
        polls += 1;
        match polls {
            1..3 => Poll::Pending,
            3 => Poll::Ready(()),
            _ => quiet_panic("polled again"),
        }
    });
    let body = async |_: &mut _| std::future::pending::<anyhow::Result<()>>().await;
    let mut scope = pin!(Scope::new(scene.members()).until(signal).run(body));
    settle(scope.as_mut());
    scene.gate.open();
    assert!(run(scope).is_err());
}

/// Is ready after so many polls; panics then, or when it is dropped.
struct Panics {
    pending: usize,
    in_drop: bool,
}

impl Future for Panics {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<()> {
        match (self.pending.checked_sub(1), self.in_drop) {
            (Some(pending), _) => self.pending = pending,
            (None, true) => return Poll::Ready(()),
            (None, false) => quiet_panic("signal"),
        }
        Poll::Pending
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        if self.in_drop {
            quiet_panic("signal");
        }
    }
}

/// Law `panic-anywhere`: a signal that panics counts as ready. All is exited first; then the panic is reported, or
/// resumes.
#[test]
fn until_a_signal_panics() {
    for (phase, in_drop) in [Phase::Enter, Phase::Body].into_iter().flat_map(|phase| [(phase, false), (phase, true)]) {
        let scene = Scene::held(phase);
        let body = async |_: &mut _| {
            scene.body().await;
            Ok::<_, ScopeError>(())
        };
        let mut report = pin!(Scope::new(scene.members()).until(Panics { pending: 2, in_drop }).report(body));
        let mut polls = 0;
        let report = loop {
            if let Poll::Ready(report) = poll(report.as_mut()) {
                break report;
            }
            polls += 1;
            if polls == 3 {
                scene.gate.open(); // for what settles
            }
        };
        assert!(report.cancelled && report.body.is_none() && report.panic.is_none());
        assert_eq!(report.failures.to_string(), "could not exit signal: panicked: signal");
        scene.assert_reaped();
        assert_eq!(panic_of(|| report.into_result()).as_deref(), Some("signal"));
    }
}

/// A signal that never fired panics when it goes: the scope is over, and what happened in it is not lost.
#[test]
fn until_a_signal_panics_unfired() {
    let scene = Scene::held(Phase::Body);
    scene.gate.open();
    let signal = Panics { pending: 9, in_drop: true };
    let body = async |_: &mut _| Ok::<_, ScopeError>(42);
    let mut report = None;
    assert_eq!(
        panic_of(|| report = Some(run(Scope::new(scene.members()).until(signal).report(body)))).as_deref(),
        None
    );
    let report = report.unwrap();
    assert!(matches!(report.body, Some(Ok(42))) && !report.cancelled);
    assert_eq!(report.failures.to_string(), "could not exit signal: panicked: signal");
    let each = "entered, told Completed, exited";
    assert_eq!(scene.log.story(), format!("a: {each}; b: {each}"));
}

/// At the first poll nothing is entered.
#[test]
fn until_a_signal_panics_before_anything() {
    let scene = Scene::held(Phase::Body);
    let signal = async { quiet_panic("signal") };
    let body = async |_: &mut _| Ok::<_, ScopeError>(());
    let report = run(Scope::new(scene.members()).until(signal).report(body));
    assert!(report.cancelled);
    assert_eq!(report.failures.len(), 1);
    assert_eq!(scene.log.line(), "");
}

/// Dropped with the scope, it panics out of the drop, after all else.
#[test]
fn until_a_signal_panics_with_the_scope() {
    for phase in [Phase::Enter, Phase::Body, Phase::Exit] {
        let (scene, (reaper, tasks)) = (Scene::held(phase), reaper());
        let body = async |_: &mut _| {
            scene.body().await;
            anyhow::Ok(())
        };
        let signal = || Panics { pending: 9, in_drop: true };
        let mut scope = Box::pin(Scope::new(scene.members()).until(signal()).run(body));
        assert!(poll(scope.as_mut()).is_pending());
        assert_eq!(panic_of(|| scope).as_deref(), Some("signal"));
        scene.assert_abandoned();
        scene.log.line();

        let mut scope = Box::pin(Scope::new(scene.members()).until(signal()).on(&reaper).run(body));
        assert!(poll(scope.as_mut()).is_pending());
        assert_eq!(panic_of(|| scope).as_deref(), Some("signal"));
        scene.gate.open();
        tasks.run();
        scene.assert_reaped();
    }
}

/// It is one of several then: the first one resumes, which is the body's.
#[test]
fn until_a_signal_panics_after_the_body() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            quiet_panic("body");
        }
    }
    let scene = Scene::held(Phase::Body);
    let body = async |_: &mut _| {
        let _bomb = Bomb;
        scene.body().await;
        anyhow::Ok(())
    };
    let mut scope = Box::pin(Scope::new(scene.members()).until(Panics { pending: 9, in_drop: true }).run(body));
    assert!(poll(scope.as_mut()).is_pending());
    assert_eq!(panic_of(|| scope).as_deref(), Some("body"));
    scene.assert_abandoned();
}
