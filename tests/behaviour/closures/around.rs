//! `around`: one async function that enters, lends, and exits.

use futures::executor::block_on;
use futures::future::{Either, select};
use std::future::pending;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use withal::OutcomeKind::{self, Completed, Failed};
use withal::testing::Event::*;
use withal::testing::{Ledger, READY, Script, Step, sweep_drops, sweep_signals};
use withal::{BoxError, Outcome, ResourceExt, Scope, around, resource};

/// Locals live across; the guard comes back as the body left it, with the outcome's kind.
#[test]
fn locals_live_across_the_body() {
    let exited = AtomicBool::new(false);
    let function = around(async |lend| {
        let text = String::from("local");
        let local = &text;
        let (guard, kind) = lend.lend(1).await;
        assert_eq!((guard, kind, local.as_str()), (2, Failed, "local"));
        Ok(exited.store(true, SeqCst))
    });
    let error = block_on(function.scope(async |guard| {
        *guard += 1;
        assert!(!exited.load(SeqCst));
        Err::<(), _>(anyhow::anyhow!("the body's"))
    }));
    assert_eq!(error.unwrap_err().to_string(), "the body's");
    assert!(exited.load(SeqCst));
}

/// The function is not polled while the body runs, however often the scope is woken.
#[test]
fn the_function_rests_while_the_body_runs() {
    let polls = AtomicUsize::new(0);
    let function = around(async |lend| {
        let mut lending = pin!(lend.lend(()));
        std::future::poll_fn(|cx| {
            polls.fetch_add(1, SeqCst);
            lending.as_mut().poll(cx)
        })
        .await;
        Ok(())
    });
    let ledger = Ledger::new();
    block_on(function.scope(async |()| {
        ledger.pend(5).await;
        anyhow::Ok(assert_eq!(polls.load(SeqCst), 1))
    }))
    .unwrap();
    assert_eq!(polls.load(SeqCst), 2);
}

/// A function that fails before it lends does not enter, and one that fails after it does not exit.
#[test]
fn errors_before_and_after() {
    block_on(async {
        let early = around(async |lend| {
            Err::<(), _>(std::fmt::Error)?;
            lend.lend(()).await;
            Ok(())
        });
        let error = early.scope(async |()| anyhow::Ok(())).await.unwrap_err();
        assert_eq!(error.to_string(), format!("could not enter Around: {}", std::fmt::Error));
        let late = around(async |lend| {
            lend.lend(()).await;
            Err("too late".into())
        });
        let error = late.scope(async |()| anyhow::Ok(())).await.unwrap_err();
        assert_eq!(error.to_string(), "could not exit Around: too late");
    });
}

/// What a function may not do is told, with the cure.
#[test]
fn a_function_that_does_not_lend_is_told() {
    block_on(async {
        let never = around::<(), _, _>(async |_| Ok(()));
        let error = never.scope(async |()| anyhow::Ok(())).await.unwrap_err();
        let told = "could not enter Around: its function returned without lending a guard: \
                    it has to await `lend.lend(guard)`";
        assert_eq!(error.to_string(), told);

        let gives_up_at_once = around(async |lend| match select(pin!(lend.lend(())), pin!(async {})).await {
            Either::Left(_) => unreachable!("the body did not run"),
            Either::Right(_) => Ok(()),
        });
        let error = gives_up_at_once.scope(async |()| anyhow::Ok(())).await.unwrap_err();
        let told = "its function gave up lending before its guard was back: \
                    it has to await `lend.lend(guard)` to the end";
        assert_eq!(error.to_string(), format!("could not enter Around: {told}"));

        let open = AtomicBool::new(false);
        let gives_up_later = around(async |lend| {
            let opened = std::future::poll_fn(|_| {
                if open.load(SeqCst) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            });
            match select(opened, pin!(lend.lend(()))).await {
                Either::Left(_) => Ok(()),
                Either::Right(_) => unreachable!("it is polled last"),
            }
        });
        let error = gives_up_later.scope(async |()| anyhow::Ok(open.store(true, SeqCst))).await.unwrap_err();
        assert_eq!(error.to_string(), format!("could not exit Around: {told}"));
    });
}

/// A guard that is lent from another task is noticed, as is its return.
#[test]
fn a_guard_is_lent_from_another_task() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let value = runtime.block_on(async {
        let function = around(async |lend| {
            let task = tokio::spawn(async move { lend.lend(41).await });
            let (guard, kind) = task.await?;
            assert_eq!((guard, kind), (42, Completed));
            Ok(())
        });
        let body = async |guard: &mut i32| {
            *guard += 1;
            anyhow::Ok(*guard)
        };
        function.scope(body).await
    });
    assert_eq!(value.unwrap(), 42);
}

/// `through`: an inner resource that borrows a local, told the outcome, its guard lent.
#[test]
fn an_inner_resource_borrows_a_local() {
    let told = std::sync::Mutex::new(Vec::new());
    let function = || {
        around(async |lend| {
            let base = String::from("/tmp");
            let inner = resource(
                async || Ok(base.as_str().len()),
                async |guard, outcome: Outcome<'_>| {
                    told.lock().unwrap().push((guard, outcome.kind(), format!("{outcome:?}")));
                    Ok(())
                },
            );
            let kind = lend.through(inner).await?;
            Ok(told.lock().unwrap().push((0, kind, base.clone())))
        })
    };
    block_on(async {
        function().scope(async |guard| anyhow::Ok(*guard += 1)).await.unwrap();
        let body = async |_: &mut usize| Err::<(), BoxError>(std::fmt::Error.into());
        function().scope(body).await.unwrap_err();
        let broken = resource(async || Err::<(), _>("broken".into()), async |(), _| Ok(()));
        (function(), broken).scope(async |_| anyhow::Ok(())).await.unwrap_err();
    });
    let told = told.into_inner().unwrap();
    let kinds: Vec<_> = told.iter().map(|(guard, kind, text)| (*guard, *kind, text.as_str())).collect();
    let expected = [
        (5, Completed, "Completed"),
        (0, Completed, "/tmp"),
        (4, Failed, "Failed(Error)"),
        (0, Failed, "/tmp"),
        (4, OutcomeKind::EnterFailed, "EnterFailed(\"broken\")"),
        (0, OutcomeKind::EnterFailed, "/tmp"),
    ];
    assert_eq!(kinds, expected);
}

/// The errors of an inner group keep their places.
#[test]
fn failures_of_an_inner_group_keep_their_paths() {
    let ledger = Ledger::new();
    let fails = Script { enter: READY, exit: Step::error() };
    let function = around(async |lend| {
        lend.through((ledger.member(0, Script::default()), ledger.member(1, fails))).await?;
        Ok(())
    });
    let error = block_on((function, ()).scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not exit [0, 1] Scripted: member 1 fails, as scripted");
    ledger.check().unwrap();
}

/// If the scope is dropped in the body, the inner resource is abandoned before the function's locals go.
#[test]
fn an_inner_resource_is_abandoned() {
    struct Local<'a>(&'a Ledger);
    impl Drop for Local<'_> {
        fn drop(&mut self) {
            self.0.record(BodyEnded);
        }
    }
    let ledger = Ledger::new();
    let function = around(async |lend| {
        let _local = Local(&ledger);
        lend.through(ledger.member(0, Script::default())).await?;
        Ok(())
    });
    let mut scope = Box::pin(function.scope(async |_| pending::<anyhow::Result<()>>().await));
    assert!(ledger.poll(scope.as_mut()).is_pending());
    drop(scope);
    assert_eq!(ledger.events(), [EnterStarted(0), Entered(0), Abandoned(0), BodyEnded]);
}

/// Dropped and cancelled at every poll, with awaits before and after the lending.
#[test]
fn sweeps() {
    let ledger = Ledger::new();
    let script = Script { enter: READY.pending(1), exit: READY.pending(1) };
    let function = || {
        around(async |lend| {
            ledger.pend(1).await;
            lend.through(ledger.member(0, script)).await?;
            ledger.pend(1).await;
            Ok(())
        })
    };
    let members = || (function(), ledger.member(1, script));
    let body = async |_: &mut _| {
        ledger.pend(1).await;
        Ok::<_, BoxError>(())
    };
    block_on(async {
        assert_eq!(sweep_drops(&ledger, || Scope::new(members()).report(body)).await, 6);
        assert_eq!(sweep_signals(&ledger, |signal| Scope::new(members()).until(signal).report(body)).await, 6);
    });
}

/// A panic before and after lending is a member's panic: all others are exited, and then it resumes.
#[test]
fn a_function_that_panics() {
    for (at, phase) in [(0, withal::Phase::Enter), (1, withal::Phase::Exit)] {
        let ledger = Ledger::new();
        let function = around(async move |lend| {
            assert!(at != 0, "before");
            lend.lend(()).await;
            assert!(at != 1, "after");
            Ok(())
        });
        let members = (ledger.member(0, Script::default()), function);
        let report = block_on(Scope::new(members).report(async |_| Ok::<_, BoxError>(())));
        ledger.check().unwrap();
        let failure = report.failures.first().unwrap();
        assert_eq!((failure.path(), failure.phase()), (&[1][..], phase));
        assert!(failure.error().is::<withal::MemberPanic>());
    }
}
