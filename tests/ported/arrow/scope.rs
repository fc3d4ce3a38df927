//! `resourceScope`, `install`, `bracketCase`, `guaranteeCase`: what is released when, and what it is told.

use super::{Heard, hears};
use crate::ticks::{OK, enters, exits, finish, reaper, tick, told};
use futures::channel::oneshot;
use futures::executor::block_on;
use std::future::pending;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use withal::OutcomeKind::{Cancelled, Completed, Failed};
use withal::testing::{Event::*, Ledger, READY, Step};
use withal::{BoxError, ExitStack, ResourceExt, Scope, ScopeError, ScopeErrorKind, adopt, around, in_order, resource};

/// `respectFIFOOrderInstalledFunction`: one is made from another, and released before it.
#[test]
fn what_is_made_from_another_is_released_before_it() {
    let order = Mutex::new(Vec::new());
    let note = |n: i32| order.lock().unwrap().push(n);
    let note = &note;
    let numbered = |n: i32| {
        let enter = async move || {
            note(n);
            Ok(n)
        };
        resource(enter, async |n: i32, _| {
            note(-n);
            Ok(())
        })
    };
    let sum = block_on(ExitStack::new().scope(async |stack| {
        let first = *stack.enter(numbered(7)).await?;
        let second = *stack.enter(numbered(first + 5)).await?;
        Ok::<_, ScopeError>(second + 1)
    }));
    assert_eq!(sum.unwrap(), 13);
    assert_eq!(*order.lock().unwrap(), [7, 12, -12, -7]);
}

/// An early return is no failure.
#[test]
fn an_early_return_is_told_as_completed() {
    for pending in [0, 1] {
        let ledger = Ledger::new();
        let member = ledger.member(0, enters(READY.pending(pending)));
        let used = member.scope(async |token| {
            if token.0 == 0 {
                ledger.pend(pending).await;
                return Ok::<_, ScopeError>("early");
            }
            Ok("late")
        });
        assert_eq!((block_on(used).unwrap(), told(&ledger)), ("early", vec![(0, Completed)]));
    }
}

/// `resourceCloseFromEither`: a typed error leaves the scope as the value that it is.
#[test]
fn a_raised_error_leaves_the_scope_as_it_is() {
    #[derive(Debug, PartialEq, thiserror::Error)]
    enum Error {
        #[error("raised: {0}")]
        Raised(u8),
        #[error("the scope failed")]
        Scope,
    }
    impl From<ScopeError> for Error {
        fn from(_: ScopeError) -> Self {
            Self::Scope
        }
    }
    fn raise() -> Result<(), Error> {
        Err(Error::Raised(3))
    }
    let ledger = Ledger::new();
    let used = block_on(ledger.member(0, OK).scope(async |_| {
        raise()?;
        Ok("not reached")
    }));
    assert_eq!((used, told(&ledger)), (Err(Error::Raised(3)), vec![(0, Failed)]));
    let failed = block_on(ledger.member(1, enters(Step::error())).scope(async |_| raise()));
    assert_eq!(failed, Err(Error::Scope));
}

/// `neverCancelled`, `cancelOnBracketCaseRelease..`: a use that never ends, acquired at once or later.
#[test]
fn a_use_that_never_ends_is_cancelled_and_released() {
    for pending_polls in [0, 1] {
        let ledger = Ledger::new();
        let (stop, stopped) = oneshot::channel::<()>();
        let member = ledger.member(0, enters(READY.pending(pending_polls)));
        let mut scope = pin!(Scope::new(member).until(stopped).run(async |_| {
            ledger.record(BodyStarted);
            pending::<Result<(), ScopeError>>().await
        }));
        while !ledger.events().contains(&BodyStarted) {
            tick(&ledger, scope.as_mut());
        }
        stop.send(()).unwrap();
        assert_eq!(finish(&ledger, scope).unwrap_err().kind(), ScopeErrorKind::Cancelled);
        assert_eq!(told(&ledger), [(0, Cancelled)]);
        ledger.check().unwrap();
    }
}

/// `cancelOnBracketCaseDoesNotInvokeAfterFinishing`: who is cancelled later has nothing left to release.
#[test]
fn a_cancellation_after_the_scope_releases_nothing() {
    let (ledger, (reaper, tasks)) = (Ledger::new(), reaper());
    let mut fiber = Box::pin(async {
        Scope::new(ledger.member(0, OK)).on(&reaper).run(async |_| Ok::<_, ScopeError>(())).await.unwrap();
        pending::<()>().await;
    });
    tick(&ledger, fiber.as_mut());
    let before = ledger.events();
    drop(fiber);
    assert_eq!((told(&ledger), ledger.events()), (vec![(0, Completed)], before));
    assert!(tasks.try_recv().is_err());
}

/// `installIsNonCancellable`, `acquireOnBracketCaseIsNotCancellable`: a dropped scope acquires to the end, and
/// releases.
#[test]
fn an_acquire_goes_on_where_its_scope_is_dropped() {
    let (ledger, (reaper, tasks)) = (Ledger::new(), reaper());
    let members = (ledger.member(0, OK), ledger.member(1, enters(READY.pending(3))));
    let mut scope = Box::pin(Scope::new(members).on(&reaper).run(async |_| {
        ledger.record(BodyStarted);
        Ok::<_, ScopeError>(())
    }));
    assert_eq!(tick(&ledger, scope.as_mut()), [EnterStarted(0), Entered(0), EnterStarted(1)]);
    drop(scope);
    finish(&ledger, tasks.recv().unwrap());
    let after = [Entered(1), ExitStarted(1, Cancelled), Exited(1), ExitStarted(0, Cancelled), Exited(0)];
    assert_eq!(ledger.events()[3..], after);
}

/// `releaseOnBracketCaseIsNotCancellable`: a release that waits for something goes on, too.
#[test]
fn a_release_goes_on_where_its_scope_is_dropped() {
    let (ledger, (reaper, tasks)) = (Ledger::new(), reaper());
    let slow = exits(READY.pending(2));
    let members = in_order((ledger.member(0, OK), ledger.member(1, slow), ledger.member(2, OK)));
    let mut scope = Box::pin(Scope::new(members).on(&reaper).run(async |_| Ok::<_, ScopeError>(())));
    tick(&ledger, scope.as_mut());
    drop(scope);
    assert_eq!(ledger.events().last(), Some(&ExitStarted(1, Completed)));
    finish(&ledger, tasks.recv().unwrap());
    assert_eq!(told(&ledger), [2, 1, 0].map(|id| (id, Completed)));
    ledger.check().unwrap();
}

/// `allowsInstallingInsideInstall`: one is acquired while another is, and so is released after it.
#[test]
fn what_is_acquired_while_another_is_is_released_after_it() {
    let closed = Mutex::new(Vec::new());
    let close = |id: usize| {
        closed.lock().unwrap().push(id);
        Ok(())
    };
    let innermost = around(async |lend| {
        lend.lend(1).await;
        close(1)
    });
    let middle = around(async |lend| {
        let kind = lend.through(innermost.then(|one| adopt(*one + 1, async |two, _| close(two)))).await?;
        assert_eq!(kind, Completed);
        Ok(())
    });
    let outermost = middle.then(|(_, two)| adopt(*two + 1, async |three, _| close(three)));
    let three = block_on(outermost.scope(async |(_, three)| Ok::<_, ScopeError>(*three)));
    assert_eq!((three.unwrap(), closed.into_inner().unwrap()), (3, vec![3, 2, 1]));
}

/// `closeInReversedOrder`: all are open while they are used.
#[test]
fn all_are_open_while_they_are_used() {
    let open = AtomicUsize::new(0);
    let open = &open;
    let counted = |place: usize| {
        resource(
            async || Ok(open.fetch_add(1, SeqCst)),
            async move |seen: usize, _| {
                assert_eq!((seen, open.fetch_sub(1, SeqCst)), (place, place + 1));
                Ok(())
            },
        )
    };
    let used = in_order([0, 1, 2].map(counted)).scope(async |_| Ok::<_, ScopeError>(open.load(SeqCst)));
    assert_eq!((block_on(used).unwrap(), open.load(SeqCst)), (3, 0));
}

/// `autoCloseable`: what closes itself, by its `Drop`, needs no exit, however the use ends.
#[test]
fn what_closes_itself_is_closed_however_the_use_ends() {
    struct Closes<'a>(&'a AtomicUsize);
    impl Drop for Closes<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let closed = AtomicUsize::new(0);
    let auto = || adopt(Closes(&closed), async |_, _| Ok(()));
    assert_eq!(block_on(auto().scope(async |_| Ok::<_, BoxError>(closed.load(SeqCst)))).unwrap(), 0);
    assert_eq!(closed.load(SeqCst), 1);
    block_on(auto().scope(async |_| Err::<(), BoxError>("no use".into()))).unwrap_err();
    assert_eq!(closed.load(SeqCst), 2);
    let ledger = Ledger::new();
    tick(&ledger, Box::pin(auto().scope(async |_| pending::<Result<(), BoxError>>().await)).as_mut());
    assert_eq!(closed.load(SeqCst), 3);
}

/// `guaranteeCase`: success, an error, a use that never ends.
#[test]
fn a_guarantee_is_told_how_it_went() {
    let heard = Heard::default();
    assert_eq!(block_on(hears(&heard).scope(async |()| Ok::<_, BoxError>(7))).unwrap(), 7);
    block_on(hears(&heard).scope(async |()| Err::<(), BoxError>("no use".into()))).unwrap_err();
    let never = async |(): &mut ()| pending::<Result<(), BoxError>>().await;
    block_on(Scope::new(hears(&heard)).until(Ledger::new().pend(1)).run(never)).unwrap_err();
    let [first, second, third] = &heard.into_inner().unwrap()[..] else { panic!("each is told once") };
    assert_eq!(*first, (Completed, None));
    assert_eq!(*second, (Failed, Some("no use".to_owned())));
    assert_eq!(*third, (Cancelled, None));
}
