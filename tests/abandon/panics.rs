//! Law `panic-anywhere`: the signal panics, and what is dropped and abandoned.

use crate::{abandoned, member, pends};
use futures::channel::oneshot;
use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::task::Poll;
use withal::testing::{Event, Ledger, READY};
use withal::{MemberPanic, Outcome, Resource, Scope};
use withal_common::{panic_of, quiet_panic, reaper, run};

/// A guard, or the future of a call, that panics when it is dropped.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            quiet_panic(self.0);
        }
    }
}

/// A member all of whose ends panic.
struct Touchy {
    exits: bool,
}

impl Resource for Touchy {
    type Guard = Option<Bomb>;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<Option<Bomb>, Infallible> {
        Ok(None)
    }

    async fn exit(&mut self, _: Option<Bomb>, _: Outcome<'_>) -> Result<(), Infallible> {
        let _bomb = Bomb("the exit's drop panics, as scripted");
        if self.exits { Ok(()) } else { pending().await }
    }

    fn abandon(&mut self, _: Option<Bomb>) {
        quiet_panic("abandon panics, as scripted");
    }

    fn exit_dropped(&mut self) {
        quiet_panic("exit_dropped panics, as scripted");
    }

    fn name(&self) -> &'static str {
        "touchy"
    }
}

fn panics(failures: &withal::Failures) -> Vec<String> {
    let panics = failures.iter().filter(|failure| failure.error().is::<MemberPanic>());
    panics.map(ToString::to_string).collect()
}

/// A signal that panics counts as ready, and is not polled again.
#[test]
fn signal_that_panics() {
    let ledger = Ledger::new();
    for polls in 0..4 {
        ledger.clear();
        let signal = || {
            let ledger = ledger.clone();
            async move {
                ledger.pend(polls).await;
                quiet_panic("the signal panics, as scripted");
            }
        };
        let scope = || {
            let member = member(&ledger, 0, READY.pending(1), READY.pending(9));
            Scope::new((member, Touchy { exits: false })).abandon_on(signal())
        };
        let mut report = pin!(scope().report(async |_| pends::<Infallible>(&ledger, 1).await));
        let report = (0..20).find_map(|_| match ledger.poll(report.as_mut()) {
            Poll::Ready(report) => Some(report),
            Poll::Pending => None,
        });
        let report = report.expect("the signal ends it");
        ledger.check().unwrap();
        let told = panics(&report.failures);
        assert!(told.iter().any(|told| told == "could not exit signal: panicked: the signal panics, as scripted"));
        ledger.clear();
        let run = || {
            let mut scope = pin!(scope().run(async |_| pends::<anyhow::Error>(&ledger, 1).await));
            (0..20).find(|_| ledger.poll(scope.as_mut()).is_ready()).expect("the signal ends it")
        };
        assert!(panic_of(run).is_some());
        ledger.check().unwrap();
    }
}

/// All others are abandoned all the same, and the panics are failures.
#[test]
fn what_is_abandoned_panics() {
    let (reaper, tasks) = reaper();
    for on_reaper in [false, true] {
        for in_exit in [false, true] {
            let ledger = Ledger::new();
            let pause = READY.pending(if in_exit { 9 } else { 0 });
            let members = (member(&ledger, 0, READY, pause), Touchy { exits: false }, member(&ledger, 1, READY, pause));
            let (second, signal) = oneshot::channel();
            let body = async |_: &mut _| pends::<Infallible>(&ledger, if in_exit { 0 } else { 9 }).await;
            let scope = Scope::new(members).abandon_on(signal);
            let report = if on_reaper {
                abandoned(&ledger, 2, second, pin!(scope.on(&reaper).report(body)))
            } else {
                abandoned(&ledger, 2, second, pin!(scope.report(body)))
            };
            ledger.check().unwrap();
            let expected: &[&str] = if in_exit {
                &["the exit's drop panics, as scripted", "exit_dropped panics, as scripted"]
            } else {
                &["abandon panics, as scripted"]
            };
            let expected: Vec<_> =
                expected.iter().map(|text| format!("could not exit [1] touchy: panicked: {text}")).collect();
            assert_eq!(panics(&report.failures), expected, "{report:?}");
            let left = |event: &Event| matches!(event, Event::Abandoned(_) | Event::ExitDropped(_));
            assert_eq!(ledger.events().iter().filter(|event| left(event)).count(), 2);
            assert!(report.panic.is_none());
        }
    }
    assert!(tasks.pop().is_none());
}

/// The body's drop panics: it is the body's panic, and resumes in `run`.
#[test]
fn drop_of_the_body_panics() {
    let ledger = Ledger::new();
    let scene = |signal| {
        Scope::new(member(&ledger, 0, READY, READY)).abandon_on(signal).report(async |_| {
            let _bomb = Bomb("the body's drop panics, as scripted");
            pending::<Result<(), Infallible>>().await
        })
    };
    let (second, signal) = oneshot::channel();
    let report = abandoned(&ledger, 1, second, pin!(scene(signal)));
    assert!(report.panic.is_some());
    assert_eq!(report.failures.len(), 1);
    ledger.check().unwrap();
}

/// The signal's drop panics, when the scope is over without it.
#[test]
fn drop_of_the_signal_panics() {
    let bomb = Bomb("the signal's drop panics, as scripted");
    let signal = async move {
        let _bomb = bomb;
        pending::<()>().await;
    };
    let scope = Scope::new(()).abandon_on(signal).run(async |()| anyhow::Ok(()));
    assert!(panic_of(|| run(scope)).is_some());
}
