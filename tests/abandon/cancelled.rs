//! `Scope::run_or_cancelled`: an orderly stop is no error.

use crate::{Signal, abandoned, member};
use futures::channel::oneshot;
use std::future::{pending, ready};
use std::pin::pin;
use withal::testing::{Ledger, READY, Step};
use withal::{Resource, Scope, ScopeError, ScopeErrorKind};
use withal_common::{panic_of, poll, quiet_panic, run};

fn kind(error: &anyhow::Error) -> Option<ScopeErrorKind> {
    error.downcast_ref().map(ScopeError::kind)
}

/// A scope whose signal fires at its second poll.
fn stopped<R: Resource>(resource: R) -> Result<Option<u32>, anyhow::Error> {
    let (stop, until) = oneshot::channel::<()>();
    let scope = Scope::new(resource).until(until).run_or_cancelled(async |_| pending().await);
    let mut scope = pin!(scope);
    assert!(poll(scope.as_mut()).is_pending());
    stop.send(()).ok();
    run(scope)
}

#[test]
fn nothing_if_the_signal_ended_it() {
    let ledger = Ledger::new();
    assert_eq!(stopped(member(&ledger, 0, READY, READY)).unwrap(), None);
    assert_eq!(stopped(member(&ledger, 0, READY.pending(2), READY.pending(2))).unwrap(), None);
    ledger.check().unwrap();
    let never = Scope::new(member(&ledger, 1, READY, READY)).until(ready(()));
    assert_eq!(run(never.run_or_cancelled(async |_| anyhow::Ok(1))).unwrap(), None);
    let local = Scope::new(member(&ledger, 1, READY, READY)).until(ready(()));
    assert_eq!(run(local.run_or_cancelled_local(async |_| anyhow::Ok(1))).unwrap(), None);
}

#[test]
fn what_run_returns_otherwise() {
    let scope = || Scope::new(()).until(pending::<()>());
    assert_eq!(run(scope().run_or_cancelled(async |()| anyhow::Ok(1))).unwrap(), Some(1));
    assert_eq!(run(scope().run_or_cancelled_local(async |()| anyhow::Ok(1))).unwrap(), Some(1));
    let failed = async |()| -> anyhow::Result<u32> { anyhow::bail!("no luck") };
    assert_eq!(run(scope().run_or_cancelled(async |()| failed(()).await)).unwrap_err().to_string(), "no luck");
    assert_eq!(run(scope().run_or_cancelled_local(async |()| failed(()).await)).unwrap_err().to_string(), "no luck");
    let panics = async |(): &mut ()| -> anyhow::Result<u32> { quiet_panic("it panics, as scripted") };
    assert!(panic_of(|| run(scope().run_or_cancelled(panics))).is_some());
}

/// A failure on the way out is one.
#[test]
fn error_if_an_exit_fails() {
    let ledger = Ledger::new();
    let error = stopped(member(&ledger, 0, READY, Step::error())).unwrap_err();
    assert_eq!(kind(&error), Some(ScopeErrorKind::Cancelled));
    assert_eq!(error.to_string(), "the scope was cancelled; could not exit m0: member 0 fails, as scripted");
    let error = stopped((member(&ledger, 0, READY, READY), member(&ledger, 1, Step::error().pending(2), READY)));
    assert_eq!(kind(&error.unwrap_err()), Some(ScopeErrorKind::Cancelled));
    assert!(panic_of(|| stopped(member(&ledger, 0, READY, Step::panic()))).is_some());
}

/// A signal that panics is a failure.
#[test]
fn panic_of_the_signal_resumes() {
    let scope = Scope::new(()).until(async { quiet_panic("the signal panics, as scripted") });
    assert!(panic_of(|| run(scope.run_or_cancelled(async |()| anyhow::Ok(())))).is_some());
}

/// A scope that was abandoned did not stop in order, also if nobody is left to be named.
#[test]
fn error_if_it_was_abandoned() {
    let ledger = Ledger::new();
    let scene = |until: Signal, abandon| {
        let scope = Scope::new(()).until(until).abandon_on(abandon);
        scope.run_or_cancelled(async |()| pending::<anyhow::Result<()>>().await)
    };
    let ((stop, until), (give_up, abandon)) = (oneshot::channel(), oneshot::channel());
    let error = abandoned(&ledger, 1, give_up, pin!(scene(until, abandon))).unwrap_err();
    assert_eq!(kind(&error), Some(ScopeErrorKind::Cancelled));
    assert!(stop.is_canceled());
    let scope = Scope::new(()).abandon_on(ready(())).run_or_cancelled_local(async |()| anyhow::Ok(()));
    assert_eq!(kind(&run(scope).unwrap_err()), Some(ScopeErrorKind::Cancelled));
}

/// A scope that is cancelled by the scope around, and was moved out of that one's body, stopped in order, too.
#[cfg(feature = "std")]
#[test]
fn nothing_if_the_scope_around_is_cancelled() {
    let (stop, until) = oneshot::channel::<()>();
    let moved = std::cell::RefCell::new(None);
    let outer = Scope::new(()).until(until).run_local(async |()| {
        let inner = Scope::new(()).run_or_cancelled(async |()| pending::<anyhow::Result<()>>().await);
        let mut inner = Box::pin(inner);
        std::future::poll_fn(|cx| std::task::Poll::Ready(inner.as_mut().poll(cx).is_pending())).await;
        *moved.borrow_mut() = Some(inner);
        pending::<anyhow::Result<()>>().await
    });
    let mut outer = Box::pin(outer);
    assert!(poll(outer.as_mut()).is_pending());
    stop.send(()).ok();
    let mut inner = moved.borrow_mut().take().unwrap();
    assert!(poll(outer.as_mut()).is_pending(), "it waits for the inner scope");
    assert!(poll(inner.as_mut()).is_pending(), "it is out, and does not return into the body");
    run(outer.as_mut()).unwrap_err();
    drop(outer);
    assert_eq!(run(inner).unwrap(), None);
}
