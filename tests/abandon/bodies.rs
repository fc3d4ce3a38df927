//! What is within the body: scopes, on reapers of their own or not, and regions in a shield.

use crate::sweep::sweep;
use crate::{abandoned, member, pends};
use futures::FutureExt;
use futures::channel::oneshot;
use std::future::pending;
use std::pin::pin;
use withal::testing::{Event, Ledger, READY, Script};
use withal::{BoxError, Scope, shield};
use withal_common::{poll, reaper};

/// Members of the inner scopes have numbers from 10 on.
#[test]
fn scopes_within_the_body() {
    let ledger = Ledger::new();
    let ledger = &ledger;
    let script = Script { enter: READY.pending(1), exit: READY.pending(1) };
    let inner = async || {
        let innermost = async |_: &mut _| {
            Scope::new(ledger.member(12, script)).run(async |_| pends::<anyhow::Error>(ledger, 1).await).await
        };
        Scope::new([ledger.member(10, script), ledger.member(11, script)]).run(innermost).await
    };
    sweep("scopes within", ledger, |until, abandon| {
        let members = [0, 1].map(|id| member(ledger, id, READY.pending(1), READY.pending(2)));
        let scope = Scope::new(members).until(until).abandon_on(abandon);
        scope.report_local(async |_| inner().await.map_err(BoxError::from)).boxed_local()
    });
}

/// An inner scope that hangs in its exit holds up the body, which is given up, until the second signal.
#[test]
fn inner_scope_that_hangs() {
    let ledger = Ledger::new();
    let ((first, until), (second, abandon)) = (oneshot::channel(), oneshot::channel());
    let hangs = Script { enter: READY, exit: READY.pending(99) };
    let inner = || Scope::new([ledger.member(10, Script::default()), ledger.member(11, hangs)]);
    let scope = Scope::new(member(&ledger, 0, READY, READY)).until(until).abandon_on(abandon);
    let mut scope = pin!(scope.report(async |_| inner().run(async |_| pending::<anyhow::Result<()>>().await).await));
    assert!(ledger.poll(scope.as_mut()).is_pending());
    first.send(()).unwrap();
    let report = abandoned(&ledger, 3, second, scope);
    ledger.check().unwrap();
    assert!(report.cancelled && report.body.is_none());
    let ends = [Event::Exited(10), Event::ExitDropped(11), Event::Abandoned(0)];
    assert_eq!(ledger.events()[ledger.events().len() - 3..], ends);
}

/// A scope within that has a reaper of its own is finished there, as on any drop of its future.
#[test]
fn inner_scope_on_a_reaper() {
    let ledger = Ledger::new();
    let (reaper, tasks) = reaper();
    let (second, abandon) = oneshot::channel();
    let scope = Scope::new(member(&ledger, 0, READY, READY)).on(&reaper).abandon_on(abandon);
    let inner = Scope::new(ledger.member(10, Script::default())).on(&reaper);
    let inner = inner.run(async |_| pending::<anyhow::Result<()>>().await);
    let report = abandoned(&ledger, 1, second, pin!(scope.report(async move |_| inner.await)));
    assert_eq!(report.failures.len(), 1);
    assert_eq!(ledger.events().last(), Some(&Event::Abandoned(0)));
    tasks.run();
    assert_eq!(ledger.events().last(), Some(&Event::Exited(10)));
    ledger.check().unwrap();
}

/// The signal heeds no shield.
#[test]
fn region_in_a_shield() {
    let ledger = Ledger::new();
    let ((first, until), (second, abandon)) = (oneshot::channel(), oneshot::channel());
    let scope = Scope::new(member(&ledger, 0, READY, READY)).until(until).abandon_on(abandon);
    let mut scope = pin!(scope.report(async |_| shield(ledger.body(pending::<anyhow::Result<()>>())).await));
    assert!(ledger.poll(scope.as_mut()).is_pending());
    first.send(()).unwrap();
    let report = abandoned(&ledger, 3, second, scope);
    assert!(report.cancelled);
    assert!(ledger.events().ends_with(&[Event::BodyDropped, Event::Abandoned(0)]), "{:?}", ledger.events());
}

/// The signal of a scope within ends that scope alone, also while the scope around is cancelled.
#[test]
fn signal_of_a_scope_within() {
    let ledger = Ledger::new();
    let (second, abandon) = oneshot::channel();
    let inner = Scope::new(ledger.member(10, Script { enter: READY, exit: READY.pending(99) })).abandon_on(abandon);
    let scope = Scope::new(member(&ledger, 0, READY, READY.pending(1))).report(async |_| {
        let error = inner.run(async |_| anyhow::Ok(())).await.unwrap_err();
        Err::<(), _>(error.to_string())
    });
    let mut scope = pin!(scope);
    assert!(ledger.poll(scope.as_mut()).is_pending());
    second.send(()).unwrap();
    assert!(ledger.poll(scope.as_mut()).is_pending(), "the outer member exits");
    let std::task::Poll::Ready(report) = poll(scope) else { panic!("{:?}", ledger.events()) };
    let words = "could not exit Scripted: its exit was cut: the scope was abandoned";
    assert_eq!(report.body, Some(Err(words.to_owned())));
    assert!(report.failures.is_empty());
}
