//! `both`: acquired in parallel, released in parallel, and told the same.

use crate::ticks::{enters, finish, tick};
use futures::channel::oneshot;
use futures::executor::block_on;
use std::future::{Pending, pending};
use std::pin::pin;
use std::sync::Mutex;
use withal::OutcomeKind::{Cancelled, Completed, EnterFailed, Failed};
use withal::testing::{Event, Event::*, Ledger, READY, Script, Step};
use withal::{
    BoxError, Outcome, OutcomeKind, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, defer, resource,
};

#[test]
fn both_acquires_and_releases_in_parallel() {
    let ledger = Ledger::new();
    let script = Script { enter: READY.pending(1), exit: READY.pending(1) };
    let both = (ledger.member(0, script), ledger.member(1, script));
    let mut scope = pin!(both.scope(async |_| {
        ledger.pend(1).await;
        anyhow::Ok(())
    }));
    assert_eq!(tick(&ledger, scope.as_mut()), [EnterStarted(0), EnterStarted(1)]);
    assert_eq!(tick(&ledger, scope.as_mut()), [Entered(1), Entered(0)]);
    assert_eq!(tick(&ledger, scope.as_mut()), [ExitStarted(1, Completed), ExitStarted(0, Completed)]);
    finish(&ledger, scope).unwrap();
    assert_eq!(ledger.events()[6..], [Exited(0), Exited(1)]);
}

/// Two steps on each side: those that come first are in, then one fails while the other is under way.
fn two_by_two(ledger: &Ledger, left: Step, right: Step) -> [impl Resource<Guard: Send> + use<>; 2] {
    [(0, left), (10, right)].map(|(id, step)| {
        let slow = Script { enter: READY.pending(1), exit: READY.pending(1) };
        let second = ledger.clone();
        ledger.member(id, slow).then(move |token| second.member(token.0 + 1, enters(step)))
    })
}

/// Where the right may be interrupted.
#[test]
fn both_gives_up_the_right_when_the_left_fails() {
    let ledger = Ledger::new();
    let both = two_by_two(&ledger, Step::error().pending(1), READY.pending(9)).fail_fast();
    let mut scope = pin!(both.scope(async |_| anyhow::Ok(())));
    assert_eq!(tick(&ledger, scope.as_mut()), [EnterStarted(0), EnterStarted(10)]);
    let steps = [Entered(10), EnterStarted(11), Entered(0), EnterStarted(1)];
    assert_eq!(tick(&ledger, scope.as_mut()), steps);
    let told = EnterFailed;
    let released = [Event::EnterFailed(1), EnterDropped(11), ExitStarted(10, told), ExitStarted(0, told)];
    assert_eq!(tick(&ledger, scope.as_mut()), released);
    finish(&ledger, scope).unwrap_err();
    assert_eq!(ledger.events()[10..], [Exited(0), Exited(10)]);
}

/// Where the left may not be interrupted.
#[test]
fn both_waits_for_the_left_when_the_right_fails() {
    let ledger = Ledger::new();
    let both = two_by_two(&ledger, READY.pending(3), Step::error().pending(1));
    let mut scope = pin!(both.scope(async |_| anyhow::Ok(())));
    tick(&ledger, scope.as_mut());
    tick(&ledger, scope.as_mut());
    assert_eq!(tick(&ledger, scope.as_mut()), [Event::EnterFailed(11)]);
    assert_eq!(tick(&ledger, scope.as_mut()), [], "the left is still under way");
    let told = EnterFailed;
    // The two sides at once; on the left, the second step first.
    let released = [Entered(1), ExitStarted(10, told), ExitStarted(1, told), Exited(1), ExitStarted(0, told)];
    assert_eq!(tick(&ledger, scope.as_mut()), released);
    finish(&ledger, scope).unwrap_err();
    assert_eq!(ledger.events()[12..], [Exited(0), Exited(10)]);
}

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("boom")]
struct Boom;

/// What was told, and whether the cause was the `Boom`.
type Heard = Mutex<Vec<(OutcomeKind, bool)>>;

fn hears(heard: &Heard) -> impl Resource<Guard = ()> {
    defer(async |outcome| {
        let cause = match outcome {
            Outcome::Failed(cause) | Outcome::EnterFailed(cause) => cause.downcast_ref::<Boom>(),
            _ => None,
        };
        heard.lock().unwrap().push((outcome.kind(), cause.is_some()));
        Ok(())
    })
}

/// Runs it with the one who hears on the left of somebody else, and on the right: what is told, and what comes back. If
/// the body has no result, it never ends.
fn on_either_side<R: Resource, S: Future + Send>(
    case: impl Fn() -> (R, S),
    body: fn() -> Option<Result<(), BoxError>>,
) -> [((OutcomeKind, bool), Result<(), BoxError>); 2] {
    let (left, right) = (Heard::default(), Heard::default());
    let ends = async || match body() {
        Some(result) => result,
        None => pending().await,
    };
    let (other, signal) = case();
    let from_left = block_on(Scope::new((hears(&left), other)).until(signal).run(async |_| ends().await));
    let (other, signal) = case();
    let from_right = block_on(Scope::new((other, hears(&right))).until(signal).run(async |_| ends().await));
    [(left, from_left), (right, from_right)].map(|(heard, result)| {
        let [told] = heard.into_inner().unwrap()[..] else { panic!("it is told once") };
        (told, result)
    })
}

fn never() -> Pending<()> {
    pending()
}

#[test]
fn both_are_told_that_the_use_succeeded() {
    for (told, result) in on_either_side(|| ((), never()), || Some(Ok(()))) {
        assert_eq!(told, (Completed, false));
        result.unwrap();
    }
}

#[test]
fn both_are_told_that_the_use_failed_and_with_what() {
    for (told, result) in on_either_side(|| ((), never()), || Some(Err(Boom.into()))) {
        assert_eq!(told, (Failed, true));
        assert!(result.unwrap_err().is::<Boom>(), "the error is not wrapped");
    }
}

#[test]
fn both_are_told_that_the_other_one_failed_and_with_what() {
    let fails = || resource(async || Err::<(), _>(Boom.into()), async |(), _| Ok(()));
    for (told, result) in on_either_side(|| (fails(), never()), || unreachable!("the body never runs")) {
        assert_eq!(told, (EnterFailed, true));
        let error = result.unwrap_err().downcast::<ScopeError>().unwrap();
        assert!(error.failures().first().unwrap().error().is::<Boom>());
    }
}

#[test]
fn both_are_told_that_the_use_was_cancelled() {
    let soon = || {
        let ledger = Ledger::new();
        async move { ledger.pend(2).await }
    };
    for (told, result) in on_either_side(|| ((), soon()), || None) {
        assert_eq!(told, (Cancelled, false));
        assert_eq!(result.unwrap_err().downcast::<ScopeError>().unwrap().kind(), ScopeErrorKind::Cancelled);
    }
}

#[test]
fn both_are_told_that_the_other_one_cancelled_while_it_was_acquired() {
    let cancels = || {
        let (stop, stopped) = oneshot::channel::<()>();
        let enter = async move || stop.send(()).map_err(|()| BoxError::from("nobody is there"));
        (resource(enter, async |(), _| Ok(())), stopped)
    };
    for (told, result) in on_either_side(cancels, || unreachable!("the body never runs")) {
        assert_eq!(told, (Cancelled, false));
        assert_eq!(result.unwrap_err().downcast::<ScopeError>().unwrap().kind(), ScopeErrorKind::Cancelled);
    }
}
