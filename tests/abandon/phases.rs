//! Each row of the table of `Scope::abandon_on`: the kind of the error, and its words.

use crate::{abandoned, member};
use futures::channel::oneshot;
use std::cell::Cell;
use std::future::{pending, poll_fn, ready};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use withal::testing::{Event, Ledger, READY, Step};
use withal::{ResourceExt, Scope, ScopeError, ScopeErrorKind};
use withal_common::run;

/// The error of a scope, with its kind.
fn told(error: &anyhow::Error) -> (ScopeErrorKind, String) {
    (error.downcast_ref::<ScopeError>().expect("it is the scope's").kind(), error.to_string())
}

#[test]
fn ready_before_anything() {
    let ledger = Ledger::new();
    let scope = Scope::new(member(&ledger, 0, READY, READY)).abandon_on(ready(()));
    let error = run(scope.run(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(told(&error), (ScopeErrorKind::Cancelled, "the scope was cancelled".to_owned()));
    assert_eq!(ledger.events(), []);
}

#[test]
fn while_members_enter() {
    let ledger = Ledger::new();
    let members = || (member(&ledger, 0, READY, READY), member(&ledger, 1, READY.pending(9), READY));
    let words = "the scope was cancelled; could not enter [1] m1: its enter was cut: the scope was abandoned; \
                 could not exit [0] m0: the scope was abandoned before its exit began";
    let expected = [Event::EnterStarted(0), Event::Entered(0), Event::EnterStarted(1), Event::EnterDropped(1)];
    for fails_fast in [false, true] {
        ledger.clear();
        let (second, signal) = oneshot::channel();
        let body = async |_: &mut _| anyhow::Ok(());
        let error = if fails_fast {
            let scope = pin!(Scope::new(members().fail_fast()).abandon_on(signal).run(body));
            abandoned(&ledger, 2, second, scope).unwrap_err()
        } else {
            let scope = pin!(Scope::new(members()).abandon_on(signal).run(body));
            abandoned(&ledger, 2, second, scope).unwrap_err()
        };
        assert_eq!(told(&error), (ScopeErrorKind::Cancelled, words.to_owned()));
        assert_eq!(ledger.events(), [&expected[..], &[Event::Abandoned(0)]].concat());
    }
}

/// An enter that failed before is the reason why the scope ends.
#[test]
fn while_others_settle() {
    let ledger = Ledger::new();
    let members = (member(&ledger, 0, Step::error(), READY), member(&ledger, 1, READY.pending(9), READY));
    let (second, signal) = oneshot::channel();
    let scope = pin!(Scope::new(members).abandon_on(signal).run(async |_| anyhow::Ok(())));
    let words = "could not enter [0] m0: member 0 fails, as scripted; \
                 could not enter [1] m1: its enter was cut: the scope was abandoned";
    let error = abandoned(&ledger, 2, second, scope).unwrap_err();
    assert_eq!(told(&error), (ScopeErrorKind::Enter, words.to_owned()));
}

#[test]
fn while_the_body_runs() {
    let ledger = Ledger::new();
    let members = [0, 1, 2].map(|id| member(&ledger, id, READY, READY));
    let (second, signal) = oneshot::channel();
    let scope = Scope::new(members).abandon_on(signal);
    let scope = pin!(scope.report(async |_| ledger.body(pending::<anyhow::Result<()>>()).await));
    let report = abandoned(&ledger, 1, second, scope);
    assert!(report.cancelled && report.body.is_none(), "{report:?}");
    let abandoned = [Event::BodyDropped, Event::Abandoned(2), Event::Abandoned(1), Event::Abandoned(0)];
    assert!(ledger.events().ends_with(&abandoned), "{:?}", ledger.events());
    let words = "could not exit [2] m2: the scope was abandoned before its exit began; \
                 could not exit [1] m1: the scope was abandoned before its exit began; \
                 could not exit [0] m0: the scope was abandoned before its exit began";
    assert_eq!(report.failures.to_string(), words);
}

/// Law `nothing-lost`: the body's value is there, and its error.
#[test]
fn while_members_exit() {
    let members = |ledger: &Ledger| {
        let hangs = member(ledger, 1, READY, READY.pending(9));
        [member(ledger, 0, READY, READY), hangs, member(ledger, 2, READY, Step::error())].in_order()
    };
    let words = "could not exit [2] m2: member 2 fails, as scripted; \
                 could not exit [1] m1: its exit was cut: the scope was abandoned; \
                 could not exit [0] m0: the scope was abandoned before its exit began";
    for body in [Ok(7), Err("no luck")] {
        let ledger = Ledger::new();
        let (second, signal) = oneshot::channel();
        let scope = pin!(Scope::new(members(&ledger)).abandon_on(signal).report(async move |_| body));
        let report = abandoned(&ledger, 2, second, scope);
        assert_eq!((report.body, report.cancelled), (Some(body), false));
        assert_eq!(report.failures.to_string(), words);
        assert_eq!(ledger.exit_dropped_calls(), [1]);
        ledger.check().unwrap();

        let (second, signal) = oneshot::channel();
        let body = async move |_: &mut _| body.map_err(anyhow::Error::msg);
        let scope = pin!(Scope::new(members(&ledger)).abandon_on(signal).run(body));
        let (kind, text) = told(&abandoned(&ledger, 2, second, scope).unwrap_err());
        let failed = text.starts_with("no luck; ");
        assert_eq!(kind, if failed { ScopeErrorKind::BodyAndExit } else { ScopeErrorKind::Exit });
        assert!(text.ends_with(words), "{text}");
    }
}

/// Law `signal-is-heard`: exits that end in the same poll win, and so does a body, whose members are abandoned.
#[test]
fn work_that_ends_in_the_same_poll() {
    let ledger = Ledger::new();
    let (second, signal) = oneshot::channel();
    let scope = Scope::new(member(&ledger, 0, READY, READY.pending(1))).abandon_on(signal);
    let scope = pin!(scope.run(async |_| anyhow::Ok(7)));
    assert_eq!(abandoned(&ledger, 1, second, scope).unwrap(), 7);
    ledger.clear();
    let (second, signal) = oneshot::channel();
    let scope = Scope::new(member(&ledger, 0, READY, READY)).abandon_on(signal);
    let scope = pin!(scope.report(async |_| {
        ledger.pend(1).await;
        anyhow::Ok(7)
    }));
    let report = abandoned(&ledger, 1, second, scope);
    assert_eq!(report.body.unwrap().unwrap(), 7);
    assert_eq!(ledger.events().last(), Some(&Event::Abandoned(0)));
}

/// It is polled first, and not again once it is ready.
#[test]
fn signal_is_polled_first_and_no_more() {
    let (polls, is_up) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
    let (count, up) = (Rc::clone(&polls), Rc::clone(&is_up));
    let signal = poll_fn(move |_| {
        count.set(count.get() + 1);
        if up.get() { Poll::Ready(()) } else { Poll::Pending }
    });
    let ledger = Ledger::new();
    let seen = Rc::new(Cell::new(0));
    let member = member(&ledger, 0, READY, READY.pending(9));
    let scope = Scope::new(member).until(pending::<()>()).abandon_on(signal).run_local(async |_| {
        for _ in 0..2 {
            seen.set(polls.get());
            ledger.pend(1).await;
        }
        anyhow::Ok(())
    });
    let mut scope = pin!(scope);
    for _ in 0..4 {
        let before = polls.get();
        assert!(ledger.poll(scope.as_mut()).is_pending());
        assert!(polls.get() > before, "it is polled in each poll");
    }
    assert!(seen.get() > 0, "it is polled before the body");
    is_up.set(true);
    let before = polls.get();
    assert!(ledger.poll(scope.as_mut()).is_ready());
    assert_eq!(polls.get(), before + 1);
}

/// The signal of a second call replaces that of the first.
#[test]
fn second_call_replaces_the_signal() {
    let scope = Scope::new(()).abandon_on(ready(())).abandon_on(pending::<()>());
    run(scope.run(async |()| anyhow::Ok(()))).unwrap();
}
