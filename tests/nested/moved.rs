//! Scopes that do not stay where they were polled first.

use crate::{Woken, cancelled, slow};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{BoxFuture, join};
use futures::stream::{FuturesUnordered, StreamExt};
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use withal::{Scope, ScopeError, ScopeErrorKind};
use withal_common::{Log, pend, poll};

type Job = BoxFuture<'static, anyhow::Result<()>>;

fn job(log: &Log) -> Job {
    let scope = Scope::new(slow(log, "job"));
    scope.run(async |_| pending::<anyhow::Result<()>>().await).boxed()
}

fn kind(ended: anyhow::Result<()>) -> ScopeErrorKind {
    ended.unwrap_err().downcast_ref::<ScopeError>().unwrap().kind()
}

/// It does not return into the body, and returns `Cancelled` to its owner once the scope around has ended.
#[test]
fn scope_that_outlives_the_body_returns_cancelled_to_its_owner() {
    let log = Log::default();
    let (job_ended, body_ended) = cancelled(|fired| {
        let (log, mut job) = (log.clone(), job(&log));
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let ended = (&mut job).await;
                log.add("returned into the body");
                ended
            };
            let ended = outer.run(body).await;
            (job.await, ended)
        }
    });
    assert_eq!(kind(job_ended), ScopeErrorKind::Cancelled);
    assert_eq!(kind(body_ended), ScopeErrorKind::Cancelled);
    assert_eq!(log.line(), "outer in, job in, job told Cancelled, job out, outer told Cancelled, outer out");
}

/// A body that puts its scope into a slot, for another task.
async fn leaves(log: Log, slot: Arc<Mutex<Option<Job>>>, fired: oneshot::Receiver<()>) -> anyhow::Result<()> {
    let outer = Scope::new(slow(&log, "outer")).until(fired);
    let body = async |_: &mut _| {
        let mut job = job(&log);
        assert!(futures::poll!(&mut job).is_pending());
        *slot.lock().unwrap() = Some(job);
        pending().await
    };
    outer.run(body).await
}

/// Another task polls the scope further. The scope around waits for it, and it returns there.
#[test]
fn scope_that_was_moved_to_another_task_is_waited_for_and_returns_there() {
    let log = Log::default();
    let (outer_ended, job_ended) = cancelled(|fired| {
        let slot: Arc<Mutex<Option<Job>>> = Arc::default();
        let outer = leaves(log.clone(), Arc::clone(&slot), fired);
        let task = async move {
            pend(1).await;
            let job = slot.lock().unwrap().take().unwrap();
            job.await
        };
        join(outer, task)
    });
    assert_eq!(kind(outer_ended), ScopeErrorKind::Cancelled);
    assert_eq!(kind(job_ended), ScopeErrorKind::Cancelled);
    assert_eq!(log.line(), "outer in, job in, job told Cancelled, job out, outer told Cancelled, outer out");
}

/// It is woken when the body is gone, also if it is polled only then.
#[test]
fn scope_that_was_moved_is_woken_when_the_body_is_gone() {
    let log = Log::default();
    let slot: Arc<Mutex<Option<Job>>> = Arc::default();
    let ended = cancelled(|fired| {
        let outer = leaves(log.clone(), Arc::clone(&slot), fired);
        let task = async move {
            pend(1).await;
            let job = slot.lock().unwrap().take().unwrap();
            job.await
        };
        let tasks: FuturesUnordered<_> = [outer.boxed_local(), task.boxed_local()].into_iter().collect();
        tasks.map(kind).collect::<Vec<_>>()
    });
    assert_eq!(ended, [ScopeErrorKind::Cancelled; 2]);
    assert_eq!(log.line(), "outer in, job in, job told Cancelled, job out, outer told Cancelled, outer out");
}

/// A drop of the scope around, while it waits, lets it go, too.
#[test]
fn scope_that_was_moved_returns_when_the_scope_around_is_dropped() {
    let log = Log::default();
    let (fire, fired) = oneshot::channel::<()>();
    let slot: Arc<Mutex<Option<Job>>> = Arc::default();
    let outer = leaves(log.clone(), Arc::clone(&slot), fired);
    let mut outer = Box::pin(outer);
    assert!(poll(outer.as_mut()).is_pending());
    let mut job = slot.lock().unwrap().take().unwrap();
    fire.send(()).unwrap();
    assert!(poll(outer.as_mut()).is_pending());
    for _ in 0..10 {
        assert!(poll(job.as_mut()).is_pending(), "it does not return as long as the body is there");
    }
    drop(outer);
    assert_eq!(kind(Woken::new(job).end()), ScopeErrorKind::Cancelled);
    assert_eq!(log.line(), "outer in, job in, job told Cancelled, job out, outer abandoned");
}

/// Another task polls the scope again when the scope around has ended long ago: it is cancelled all the same.
#[test]
fn scope_that_is_polled_again_after_the_scope_around_has_ended_is_cancelled() {
    let log = Log::default();
    let slot: Arc<Mutex<Option<Job>>> = Arc::default();
    cancelled(|fired| leaves(log.clone(), Arc::clone(&slot), fired)).unwrap_err();
    assert_eq!(log.line(), "outer in, job in, outer told Cancelled, outer out");
    let job = Woken::new(slot.lock().unwrap().take().unwrap());
    assert_eq!(kind(job.end()), ScopeErrorKind::Cancelled);
    assert_eq!(log.line(), "job told Cancelled, job out");
}

/// What is first polled outside is no part of the body that polls it later: it is dropped with the body, or goes on.
#[test]
fn scope_that_was_polled_outside_first_is_no_part_of_the_body() {
    let log = Log::default();
    let mut job = job(&log);
    assert!(poll(job.as_mut()).is_pending());
    let ended = cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let ended = outer.run(async |_| (&mut job).await).await;
            log.add("the job goes on");
            assert!(futures::poll!(&mut job).is_pending());
            ended
        }
    });
    assert_eq!(kind(ended), ScopeErrorKind::Cancelled);
    assert_eq!(log.line(), "job in, outer in, outer told Cancelled, outer out, the job goes on, job abandoned");
}

/// First polled in one body, later in another: it belongs to the first.
#[test]
fn scope_belongs_to_the_body_in_which_it_was_polled_first() {
    let log = Log::default();
    let mut job = Some(job(&log));
    let first = Woken::new({
        let (log, taken) = (log.clone(), job.take().unwrap());
        async move {
            let mut taken = taken;
            let outer = Scope::new(slow(&log, "first"));
            let body = async |_: &mut _| {
                assert!(futures::poll!(&mut taken).is_pending());
                anyhow::Ok(())
            };
            outer.run(body).await.unwrap();
            Some(taken)
        }
    });
    let mut job = first.end().unwrap();
    log.take();
    // The first body ended by itself, so nothing cancels the job.
    let ended = cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "second")).until(fired);
            outer.run(async |_| (&mut job).await).await
        }
    });
    assert_eq!(kind(ended), ScopeErrorKind::Cancelled);
    assert_eq!(log.line(), "second in, second told Cancelled, second out, job abandoned");
}

/// An exit of the scope around may wait for a scope that was moved out of the body: that returns once the body is gone.
#[test]
fn exit_can_wait_for_a_scope_that_was_moved_out_of_the_body() {
    let log = Log::default();
    let (outer_ended, ()) = cancelled(|fired| {
        let slot: Arc<Mutex<Option<Job>>> = Arc::default();
        let (done, is_done) = oneshot::channel::<()>();
        let (log, jobs) = (log.clone(), Arc::clone(&slot));
        let outer = async move {
            let waits = withal::defer(async |_| {
                is_done.await?;
                Ok(())
            });
            let body = async |()| {
                let mut job = job(&log);
                assert!(futures::poll!(&mut job).is_pending());
                *jobs.lock().unwrap() = Some(job);
                pending::<anyhow::Result<()>>().await
            };
            Scope::new(waits).until(fired).run(async |()| body(()).await).await
        };
        let task = async move {
            pend(1).await;
            let job = slot.lock().unwrap().take().unwrap();
            assert_eq!(kind(job.await), ScopeErrorKind::Cancelled);
            done.send(()).unwrap();
        };
        join(outer, task)
    });
    assert_eq!(kind(outer_ended), ScopeErrorKind::Cancelled);
}

/// An enter that fails after the body around was given up does not make it a failed enter.
#[test]
fn scope_that_is_cancelled_while_it_enters_stays_cancelled_when_an_enter_fails() {
    struct Enters(usize, Result<(), &'static str>);
    impl withal::Resource for Enters {
        type Guard = ();
        type Error = withal::BoxError;
        async fn enter(&mut self) -> Result<(), withal::BoxError> {
            pend(self.0).await;
            Ok(self.1?)
        }
        async fn exit(&mut self, (): (), _: withal::Outcome<'_>) -> Result<(), withal::BoxError> {
            Ok(())
        }
    }
    let (fire, fired) = oneshot::channel::<()>();
    let members = (Enters(4, Err("no luck")), Enters(8, Ok(())));
    let mut job = Scope::new(members).run(async |_| anyhow::Ok(())).boxed();
    {
        let mut outer = pin!(Scope::new(()).until(fired).run(async |()| (&mut job).await));
        assert!(poll(outer.as_mut()).is_pending());
        fire.send(()).unwrap();
        for _ in 0..20 {
            if poll(outer.as_mut()).is_ready() {
                break;
            }
        }
    }
    assert_eq!(kind(withal_common::run(job)), ScopeErrorKind::Cancelled);
}

/// A shield that was moved out of a body that was given up returns its output to its owner.
#[test]
fn shield_that_outlives_the_body_returns_to_its_owner() {
    let output = cancelled(|fired| async move {
        let mut region = Box::pin(withal::shield(async {
            withal::cancelled().await;
            42
        }));
        let ended = Scope::new(()).until(fired).run(async |()| anyhow::Ok((&mut region).await)).await;
        assert_eq!(ended.unwrap_err().downcast_ref::<ScopeError>().unwrap().kind(), ScopeErrorKind::Cancelled);
        region.await
    });
    assert_eq!(output, 42);
}

/// A scope in the middle that was dropped is not waited for, whatever holds on to its level.
#[test]
fn scope_that_was_dropped_is_not_waited_for_while_one_within_it_lives() {
    let log = Log::default();
    let slot: Arc<Mutex<Option<Job>>> = Arc::default();
    let ended = cancelled(|fired| {
        let (log, slot) = (log.clone(), Arc::clone(&slot));
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let middle = Scope::new(()).run(async |()| {
                    let mut job = job(&log);
                    assert!(futures::poll!(&mut job).is_pending());
                    *slot.lock().unwrap() = Some(job);
                    pending::<anyhow::Result<()>>().await
                });
                futures::future::select(Box::pin(middle), Box::pin(pend(1))).await;
                pending::<anyhow::Result<()>>().await
            };
            outer.run(body).await
        }
    });
    assert_eq!(kind(ended), ScopeErrorKind::Cancelled);
    assert_eq!(log.line(), "outer in, job in, outer told Cancelled, outer out");
    drop(slot);
}
