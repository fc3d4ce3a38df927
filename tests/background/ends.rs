//! The work ends: while others enter, while the body runs, while members are exited.

use super::{Failed, Plain, Woken, died, plain, scope_error, waits, worker};
use futures::channel::mpsc;
use futures::{SinkExt, StreamExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use withal::{BoxError, Outcome, Phase, Resource, ResourceExt, Scope, ScopeErrorKind, background, resource};
use withal_common::{Log, pend};

/// Laws `death-stops-the-body` and `death-is-first`.
#[test]
fn death_stops_the_body() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let mut scope = Woken::new((plain(&log, "db"), lease.named("lease")).scope(waits));
    assert_eq!(log.line(), "db enters, lease enters");
    death.send(died()).unwrap();
    assert!(scope.is_over());
    let error = scope_error(scope.end());
    assert_eq!(log.line(), "lease ends, db exits MemberFailed");
    assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
    assert_eq!(error.to_string(), "[1] lease failed: the lease was lost");
    let first = error.failures().first().unwrap();
    assert_eq!((first.path(), first.name(), first.phase()), (&[1][..], "lease", Phase::Up));
}

/// The cause that the others receive is the member's own error.
#[test]
fn death_is_the_cause() {
    #[derive(Debug, thiserror::Error)]
    #[error("gone")]
    struct Gone;

    struct Asks(Log);
    impl Resource for Asks {
        type Guard = ();
        type Error = BoxError;
        async fn enter(&mut self) -> Result<(), BoxError> {
            Ok(())
        }
        async fn exit(&mut self, (): (), outcome: Outcome<'_>) -> Result<(), BoxError> {
            if let Outcome::MemberFailed(cause) = outcome {
                self.0.add(format!("{}", cause.downcast_ref::<Gone>().is_some()));
            }
            Ok(())
        }
    }
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let scope = Woken::new((Asks(log.clone()), lease).scope(waits));
    death.send(Err(Gone.into())).unwrap();
    scope_error(scope.end());
    assert_eq!(log.line(), "lease enters, lease ends, true");
}

#[test]
fn death_while_others_enter_is_a_failed_enter() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let slow = Plain(log.clone(), "slow", 3, 0);
    death.send(died()).unwrap();
    let error = scope_error(Woken::new((plain(&log, "db"), lease.named("lease"), slow).scope(waits)).end());
    assert_eq!(
        log.line(),
        "db enters, lease enters, lease ends, slow enters, slow exits EnterFailed, db exits EnterFailed"
    );
    assert_eq!(error.kind(), ScopeErrorKind::Enter);
    assert_eq!(error.to_string(), "could not enter [1] lease: the lease was lost");
}

#[test]
fn death_under_fail_fast_drops_the_enters_in_flight() {
    struct Hangs(Log);
    impl Resource for Hangs {
        type Guard = ();
        type Error = BoxError;
        async fn enter(&mut self) -> Result<(), BoxError> {
            struct Dropped<'l>(&'l Log);
            impl Drop for Dropped<'_> {
                fn drop(&mut self) {
                    self.0.add("dropped");
                }
            }
            let _dropped = Dropped(&self.0);
            std::future::pending().await
        }
        async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), BoxError> {
            Ok(())
        }
    }
    let log = Log::default();
    for long in [false, true] {
        let (lease, death) = worker(&log, "lease");
        let hang = || Hangs(log.clone()).map_err(BoxError::from);
        let scope = if long {
            let many: Vec<_> = (0..40).map(|_| hang()).collect();
            Woken::new((lease, (many, ())).fail_fast().scope(async |_| waits(&mut ()).await))
        } else {
            Woken::new((lease, (hang(), ())).fail_fast().scope(async |_| waits(&mut ()).await))
        };
        let mut scope = scope;
        assert!(!scope.is_over());
        death.send(died()).unwrap();
        assert_eq!(scope_error(scope.end()).kind(), ScopeErrorKind::Enter);
        assert_eq!(log.take().iter().filter(|event| *event == "dropped").count(), if long { 40 } else { 1 });
    }
}

/// Also of a worker that is made while others enter.
#[test]
fn death_of_a_second_under_fail_fast_drops_the_enters_in_flight() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let mut lease = Some(lease);
    let late = plain(&log, "db").then(move |_| lease.take().unwrap());
    let hangs = resource(async || std::future::pending::<Result<(), BoxError>>().await, async |(), _| Ok(()));
    let mut scope = Woken::new((late, hangs).fail_fast().scope(async |_| waits(&mut ()).await));
    assert!(!scope.is_over());
    death.send(died()).unwrap();
    let error = scope_error(scope.end());
    assert_eq!(error.kind(), ScopeErrorKind::Enter);
    assert_eq!(log.line(), "db enters, lease enters, lease ends, db exits EnterFailed");
}

/// In the same poll the body wins, and the failure is not lost.
#[test]
fn the_body_wins_in_the_same_poll() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let scope = Woken::new(Scope::new((plain(&log, "db"), lease.named("lease"))).report(async move |_| {
        death.send(died()).unwrap();
        Ok::<_, Failed>(5)
    }));
    let report = scope.end();
    assert_eq!(report.body.unwrap().unwrap(), 5);
    assert_eq!(report.failures.to_string(), "could not exit [1] lease: the lease was lost");
    assert_eq!(log.line(), "db enters, lease enters, lease ends, db exits Completed");
}

/// Lets the worker die in its exit.
struct Kills(Option<super::Death>);
impl Resource for Kills {
    type Guard = ();
    type Error = BoxError;
    async fn enter(&mut self) -> Result<(), BoxError> {
        Ok(())
    }
    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), BoxError> {
        self.0.take().unwrap().send(died()).unwrap();
        pend(2).await;
        Ok(())
    }
}

#[test]
fn death_while_others_exit_is_its_own_failure() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let members = (plain(&log, "db"), lease.named("lease"), Kills(Some(death))).in_order();
    let error = scope_error(Woken::new(members.scope(async |_| Ok::<_, Failed>(5))).end());
    assert_eq!(log.line(), "db enters, lease enters, lease ends, db exits Completed");
    assert_eq!(error.kind(), ScopeErrorKind::Exit);
    assert_eq!(error.to_string(), "[1] lease failed: the lease was lost", "its own exit had not begun");
}

/// Law `death-is-first`: the earliest one stopped the body.
#[test]
fn two_that_die_are_both_told() {
    let log = Log::default();
    let ((a, a_dies), (b, b_dies)) = (worker(&log, "a"), worker(&log, "b"));
    let scope = Woken::new((a.named("a"), b.named("b")).scope(waits));
    b_dies.send(Err("first".into())).unwrap();
    a_dies.send(Err("second".into())).unwrap();
    let error = scope_error(scope.end());
    assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
    assert_eq!(error.failures().first().unwrap().path(), [1]);
    assert_eq!(error.to_string(), "[1] b failed: first; [0] a failed: second");
}

#[test]
fn a_quiet_end_stops_nothing() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    death.send(Ok(())).unwrap();
    let scope = Woken::new((lease, plain(&log, "db")).scope(async |_| {
        pend(3).await;
        Ok::<_, Failed>(5)
    }));
    assert_eq!(scope.end().unwrap(), 5);
    assert_eq!(log.line(), "lease enters, lease ends, db enters, db exits Completed");
}

/// The exit of another member needs the work: it is polled while members are exited, without a spawner.
#[test]
fn attended_while_another_member_exits() {
    struct Connection(mpsc::Sender<mpsc::Sender<u32>>);
    impl Connection {
        async fn ask(&mut self) -> u32 {
            let (sender, mut answer) = mpsc::channel(1);
            self.0.send(sender).await.unwrap();
            answer.next().await.unwrap()
        }
    }
    impl Resource for Connection {
        type Guard = u32;
        type Error = BoxError;
        async fn enter(&mut self) -> Result<u32, BoxError> {
            Ok(self.ask().await)
        }
        async fn exit(&mut self, before: u32, _: Outcome<'_>) -> Result<(), BoxError> {
            assert_eq!((before, self.ask().await), (1, 3));
            let (closed, _) = mpsc::channel(1);
            self.0 = closed;
            Ok(())
        }
    }
    let (requests, mut served) = mpsc::channel::<mpsc::Sender<u32>>(1);
    let driver = background(async move |startup| {
        let _stop = startup.ready(());
        let mut count = 0;
        while let Some(mut request) = served.next().await {
            count += 1;
            request.send(count).await.unwrap();
        }
        Ok(())
    });
    let mut client = Connection(requests.clone());
    let scope = Woken::new((Connection(requests), driver).scope(async move |(first, ())| {
        let second = client.ask().await;
        Ok::<_, Failed>((*first, second))
    }));
    assert_eq!(scope.end().unwrap(), (1, 2));
}

/// Only work that was woken is polled (law `linear`).
#[test]
fn linear_when_woken_one_by_one() {
    let polls = Arc::new(AtomicUsize::new(0));
    let (mut wakers, members): (Vec<_>, Vec<_>) = (0..1000)
        .map(|_| {
            let (wake, mut woken) = mpsc::unbounded::<()>();
            let polls = Arc::clone(&polls);
            let member = background(async move |startup| {
                let _stop = startup.ready(());
                futures::future::poll_fn(move |cx| {
                    polls.fetch_add(1, SeqCst);
                    while let std::task::Poll::Ready(next) = woken.poll_next_unpin(cx) {
                        if next.is_none() {
                            return std::task::Poll::Ready(Ok(()));
                        }
                    }
                    std::task::Poll::Pending
                })
                .await
            });
            (wake, member)
        })
        .unzip();
    let mut scope = Woken::new(members.scope(async |_| waits(&mut ()).await));
    let before = polls.swap(0, SeqCst);
    assert!(before <= 3000, "{before}");
    for wake in &mut wakers {
        wake.unbounded_send(()).unwrap();
        scope.run();
    }
    let polls = polls.load(SeqCst);
    assert!((1000..3000).contains(&polls), "{polls} polls for 1000 wakes");
}
