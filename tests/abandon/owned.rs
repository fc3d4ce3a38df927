//! Scopes that are owned: the signal is heard by `open`, and again by `close`.

use crate::{abandoned, member};
use futures::channel::oneshot;
use std::future::ready;
use std::pin::pin;
use std::task::Poll;
use withal::testing::{Event, Ledger, READY, Scripted, Step};
use withal::{Named, Opened, Reaper, Scope, ScopeError, ScopeErrorKind};
use withal_common::{Tasks, reaper, run};

type Members = [Named<Scripted>; 3];

fn members(ledger: &Ledger) -> Members {
    [0, 1, 2].map(|id| member(ledger, id, READY.pending(id), READY.pending(id + 1)))
}

/// Opens a scope, with the reaper or without.
async fn open(ledger: &Ledger, on: Option<&Reaper>, signal: crate::Signal) -> Result<Opened<Members>, ScopeError> {
    let scope = Scope::new(members(ledger)).abandon_on(signal);
    match on {
        Some(reaper) => scope.on(reaper).open().await,
        None => scope.open().await,
    }
}

/// Checks that all who are in the events as abandoned or dropped are named.
fn check(ledger: &Ledger, error: &ScopeError, tasks: &Tasks) {
    ledger.check().unwrap();
    let left = |event: &Event| {
        matches!(event, Event::Abandoned(_) | Event::ExitDropped(_) | Event::EnterDropped(_)).then(|| event.member())
    };
    let mut left: Vec<_> = ledger.events().iter().filter_map(left).flatten().collect();
    left.sort_unstable();
    let named: Vec<_> = error.failures().iter().map(|failure| failure.path()[0]).collect();
    assert_eq!(named, left, "{error}: {:?}", ledger.events());
    assert!(!left.is_empty());
    assert!(error.failures().iter().all(|failure| failure.error().is::<withal::Abandoned>()));
    assert!(tasks.pop().is_none(), "nothing is passed to the reaper");
}

#[test]
fn while_it_is_opened() {
    let (reaper, tasks) = reaper();
    for on in [None, Some(&reaper)] {
        for polls in 1..3 {
            let ledger = Ledger::new();
            let (second, signal) = oneshot::channel();
            let error = abandoned(&ledger, polls, second, pin!(open(&ledger, on, signal))).unwrap_err();
            assert_eq!(error.kind(), ScopeErrorKind::Cancelled);
            check(&ledger, &error, &tasks);
        }
    }
    assert_eq!(reaper.pending(), 0);
}

/// The last member enters in the poll in which the signal is ready: it is abandoned with the others.
#[test]
fn in_the_poll_in_which_it_is_open() {
    let ledger = Ledger::new();
    let (tasks, (second, signal)) = (Tasks::default(), oneshot::channel());
    let scope = pin!(Scope::new([member(&ledger, 0, READY.pending(1), READY)]).abandon_on(signal).open());
    let error = abandoned(&ledger, 1, second, scope).unwrap_err();
    assert_eq!((error.kind(), error.failures().len()), (ScopeErrorKind::Cancelled, 1));
    check(&ledger, &error, &tasks);
}

/// An enter has failed, and the others are rolled back.
#[test]
fn while_it_is_rolled_back() {
    let (reaper, tasks) = reaper();
    for on_reaper in [false, true] {
        let ledger = Ledger::new();
        let pair = [member(&ledger, 0, READY, READY.pending(9)), member(&ledger, 1, Step::error(), READY)];
        let (second, signal) = oneshot::channel();
        let scope = Scope::new(pair).abandon_on(signal);
        let error = if on_reaper {
            abandoned(&ledger, 2, second, pin!(scope.on(&reaper).open())).unwrap_err()
        } else {
            abandoned(&ledger, 2, second, pin!(scope.open())).unwrap_err()
        };
        assert_eq!(error.kind(), ScopeErrorKind::Enter);
        let words = "could not enter [1] m1: member 1 fails, as scripted; \
                     could not exit [0] m0: its exit was cut: the scope was abandoned";
        assert_eq!(error.to_string(), words);
        ledger.check().unwrap();
    }
    assert!(tasks.pop().is_none());
}

#[test]
fn while_it_is_closed() {
    let (reaper, tasks) = reaper();
    for on in [None, Some(&reaper)] {
        for polls in 1..3 {
            let ledger = Ledger::new();
            let (second, signal) = oneshot::channel();
            let mut opening = pin!(open(&ledger, on, signal));
            assert!((0..2).all(|_| ledger.poll(opening.as_mut()).is_pending()));
            let Poll::Ready(Ok(opened)) = ledger.poll(opening) else { panic!("{:?}", ledger.events()) };
            let error = abandoned(&ledger, polls, second, pin!(opened.close())).unwrap_err();
            assert_eq!(error.kind(), ScopeErrorKind::Exit);
            check(&ledger, &error, &tasks);
        }
    }
    assert_eq!(reaper.pending(), 0);
}

/// A signal that fires while it is up is acted on at the beginning of `close`: no exit begins.
#[test]
fn while_it_is_up() {
    let (reaper, tasks) = reaper();
    for on in [None, Some(&reaper)] {
        let ledger = Ledger::new();
        let (second, signal) = oneshot::channel();
        let opened = run(open(&ledger, on, signal)).unwrap();
        second.send(()).unwrap();
        let error = run(opened.close()).unwrap_err();
        assert_eq!(error.failures().len(), 3);
        let abandoned = [Event::Abandoned(2), Event::Abandoned(1), Event::Abandoned(0)];
        assert!(ledger.events().ends_with(&abandoned), "{:?}", ledger.events());
        check(&ledger, &error, &tasks);
    }
}

#[test]
fn ready_before_anything() {
    let ledger = Ledger::new();
    let error = run(Scope::new(members(&ledger)).abandon_on(ready(())).open()).unwrap_err();
    assert_eq!((error.kind(), error.failures().len()), (ScopeErrorKind::Cancelled, 0));
    assert_eq!(ledger.events(), []);
}

/// The signal is dropped with what was opened, and when that is closed.
#[test]
fn signal_that_never_fires() {
    let ledger = Ledger::new();
    let (second, signal) = oneshot::channel();
    drop(run(open(&ledger, None, signal)).unwrap());
    assert!(second.is_canceled());
    let (second, signal) = oneshot::channel();
    run(run(open(&ledger, None, signal)).unwrap().close()).unwrap();
    assert!(second.is_canceled());
    ledger.check().unwrap();
}
