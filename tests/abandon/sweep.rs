//! Fires the second signal before each poll of a scene, and checks who is named.

use crate::{NAMES, Signal};
use futures::channel::oneshot;
use futures::future::LocalBoxFuture;
use std::collections::BTreeMap;
use std::task::Poll;
use withal::testing::{Event, Ledger};
use withal::{Abandoned, BoxError, Elapsed, Failures, Phase, Report};
use withal_common::quiet;

/// A scope with both signals.
pub type Scene<'a> = LocalBoxFuture<'a, Report<(), BoxError>>;

/// What happened to a member that did not get to its end, and how its failure tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    EnterDropped,
    ExitDropped,
    Abandoned,
}

/// Fires the second signal before each poll: alone, and after the first one, before each poll.
pub fn sweep<'a>(label: &str, ledger: &'a Ledger, scene: impl Fn(Signal, Signal) -> Scene<'a>) {
    quiet();
    let polls = undisturbed(ledger, &scene);
    assert!(polls > 2, "{label}: {polls} polls");
    for first in (0..polls).map(Some).chain([None]) {
        for second in 0..40 {
            let at = format!("{label}, first signal before poll {first:?}, second before {second}");
            if !run(ledger, &scene, first, second, &at) {
                break;
            }
            assert!(second < 39, "{at}: it does not end");
        }
    }
}

fn undisturbed<'a>(ledger: &'a Ledger, scene: &impl Fn(Signal, Signal) -> Scene<'a>) -> usize {
    ledger.clear();
    let ((_first, until), (_second, abandon)) = (oneshot::channel(), oneshot::channel());
    let mut scene = scene(until, abandon);
    let polls = (1..100).find(|_| ledger.poll(scene.as_mut()).is_ready()).expect("it ends");
    drop(scene);
    ledger.check().unwrap();
    polls
}

/// Returns `false` if the scene was over before the second signal.
fn run<'a>(
    ledger: &'a Ledger,
    scene: &impl Fn(Signal, Signal) -> Scene<'a>,
    first: Option<usize>,
    second: usize,
    at: &str,
) -> bool {
    ledger.clear();
    let ((stop, until), (give_up, abandon)) = (oneshot::channel(), oneshot::channel());
    let (mut stop, mut scene) = (Some(stop), scene(until, abandon));
    for poll in 0..second {
        if first == Some(poll) {
            stop.take().map(|stop| stop.send(()).ok());
        }
        if let Poll::Ready(report) = ledger.poll(scene.as_mut()) {
            assert!(named(&report.failures, at).is_empty(), "{at}: {report:?}");
            drop(scene);
            ledger.check().unwrap_or_else(|violation| panic!("{at}: {violation}"));
            return false;
        }
    }
    give_up.send(()).ok();
    let Poll::Ready(report) = ledger.poll(scene.as_mut()) else {
        panic!("{at}: it waits for something: {:?}", ledger.events());
    };
    drop(scene);
    ledger.check().unwrap_or_else(|violation| panic!("{at}: {violation}"));
    let events = ledger.events();
    let (named, mut left) = (named(&report.failures, at), left(&events));
    let late = report.failures.iter().filter(|failure| failure.error().is::<Elapsed>());
    late.for_each(|failure| _ = left.remove(failure.name()));
    // Enters that a group under `fail_fast` dropped are no failures, and enters into a set are the body's.
    let is_excused = at.contains("fast") || at.contains("sets");
    left.retain(|name, left| !(is_excused && *left == Left::EnterDropped && !named.contains_key(name)));
    assert_eq!(named, left, "{at}: {events:?}, {report:?}");
    let calls = events.iter().filter(|event| matches!(event, Event::ExitDropped(_))).count();
    assert_eq!(ledger.exit_dropped_calls().len(), calls, "{at}: {events:?}");
    true
}

/// Returns the members that did not get to their end. Those of inner scopes have numbers from 10 on.
fn left(events: &[Event]) -> BTreeMap<&'static str, Left> {
    let left = events.iter().filter_map(|event| match *event {
        Event::EnterDropped(id) => Some((id, Left::EnterDropped)),
        Event::ExitDropped(id) => Some((id, Left::ExitDropped)),
        Event::Abandoned(id) => Some((id, Left::Abandoned)),
        _ => None,
    });
    left.filter_map(|(id, left)| Some((*NAMES.get(id)?, left))).collect()
}

/// Returns the members that failures name as abandoned.
fn named(failures: &Failures, at: &str) -> BTreeMap<&'static str, Left> {
    let mut named = BTreeMap::new();
    for failure in failures {
        let Some(error) = failure.error().downcast_ref::<Abandoned>() else { continue };
        let left = match (failure.phase(), error.was_in_flight()) {
            (Phase::Enter, true) => Left::EnterDropped,
            (Phase::Exit, true) => Left::ExitDropped,
            (Phase::Exit, false) => Left::Abandoned,
            other => panic!("{at}: {other:?}"),
        };
        let own = failure.name().rsplit('/').next().unwrap_or_default();
        if own == "worker" {
            continue;
        }
        let name = NAMES.into_iter().find(|name| *name == own).unwrap_or_else(|| panic!("{at}: {failure:?}"));
        assert_eq!(named.insert(name, left), None, "{at}: {name} is named twice: {failures:?}");
    }
    named
}
