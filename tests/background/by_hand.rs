//! Members that work, entered and exited by hand: nobody polls their work in between.

use super::{Failed, died};
use futures::FutureExt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use withal::{BoxError, Outcome, OutcomeKind, Resource, ResourceExt, background};
use withal_common::{Log, pend, poll, quiet_panic, run};

/// A worker that writes down each of its polls, and ends like this when it has to stop.
fn worker(
    log: &Log,
    ends: impl FnOnce() -> Result<(), BoxError> + Send + 'static,
) -> impl Resource<Guard = u8, Error = BoxError> {
    let log = log.clone();
    background(async move |startup| {
        let mut stop = startup.ready(7);
        let kind = poll_fn(|cx| {
            log.add("polled");
            stop.poll_unpin(cx)
        })
        .await;
        log.add(format!("stops {kind:?}"));
        pend(2).await;
        log.add("over");
        ends()
    })
}

/// The enter polls the function until it is ready, and the exit polls it to its end.
#[test]
fn the_exit_polls_it_to_its_end() {
    let log = Log::default();
    let mut worker = worker(&log, || Ok(()));
    let guard = run(worker.enter()).unwrap();
    assert_eq!((guard, &*log.line()), (7, "polled"));
    run(pend(3));
    assert_eq!(log.line(), "", "nobody polls it");
    run(worker.exit(guard, Outcome::Completed)).unwrap();
    assert_eq!(log.line(), "polled, stops Completed, over");
    assert!(run(worker.enter()).unwrap_err().to_string().contains("only once"));
}

#[test]
fn what_it_fails_with_is_the_error_of_the_exit() {
    let log = Log::default();
    let mut fails = worker(&log, died);
    let guard = run(fails.enter()).unwrap();
    assert_eq!(run(fails.exit(guard, Outcome::Released)).unwrap_err().to_string(), "the lease was lost");
    let mut panics = worker(&log, || quiet_panic("as scripted"));
    let guard = run(panics.enter()).unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| run(panics.exit(guard, Outcome::Cancelled)))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"as scripted"));
}

/// The error of its last poll and the panic of its drop: one call returns only one of them, and the panic counts.
#[test]
fn a_panic_counts_before_an_error() {
    struct Fails(PanicsOnDrop);
    struct PanicsOnDrop;
    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            quiet_panic("dropped, as scripted")
        }
    }
    impl Future for Fails {
        type Output = Result<(), BoxError>;
        fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<Self::Output> {
            Poll::Ready(died())
        }
    }
    let mut fails = background(|startup: withal::Startup<()>| {
        drop(startup);
        Fails(PanicsOnDrop)
    });
    let panic = catch_unwind(AssertUnwindSafe(|| run(fails.enter()))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"dropped, as scripted"));
}

#[test]
fn abandoned_or_dropped_its_work_is_dropped() {
    let log = Log::default();
    let mut abandoned = worker(&log, || Ok(()));
    let guard = run(abandoned.enter()).unwrap();
    abandoned.abandon(guard);
    let mut cut = worker(&log, || Ok(()));
    let guard = run(cut.enter()).unwrap();
    {
        let mut exit = pin!(cut.exit(guard, Outcome::Completed));
        assert!(poll(exit.as_mut()).is_pending());
    }
    assert_eq!(log.line(), "polled, polled, polled, stops Completed");
}

/// A group by hand enters and exits its members, and does not poll their work in between either.
#[test]
fn in_a_group_by_hand() {
    let log = Log::default();
    let mut group = (worker(&log, || Ok(())).named("worker"), ());
    let guard = run(group.enter()).unwrap();
    assert_eq!(log.line(), "polled");
    run(group.exit(guard, Outcome::Completed)).unwrap();
    assert_eq!(log.line(), "polled, stops Completed, over");
}

/// A resource that delegates by hand leaves it unpolled while the body runs, and says so in its docs.
#[test]
fn in_a_resource_that_delegates() {
    struct Delegates<R>(R);
    impl<R: Resource> Resource for Delegates<R> {
        type Guard = R::Guard;
        type Error = R::Error;
        async fn enter(&mut self) -> Result<R::Guard, R::Error> {
            self.0.enter().await
        }
        async fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> Result<(), R::Error> {
            self.0.exit(guard, outcome).await
        }
    }
    let log = Log::default();
    let inner = log.clone();
    let scope = Delegates(worker(&log, || Ok(()))).scope(async move |guard| {
        assert_eq!(inner.line(), "polled");
        pend(5).await;
        assert_eq!(inner.line(), "");
        Ok::<_, Failed>((*guard, OutcomeKind::Completed))
    });
    assert_eq!(run(scope).unwrap().0, 7);
    assert_eq!(log.line(), "polled, stops Completed, over");
}
