//! A task that panicked is never polled again: not by its scope, not by a reaper's executor. What it held is abandoned,
//! and the panic resumes.

use super::panicking_wakers::{Does, waker_that};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Waker};
use withal::{BoxError, Outcome, Reaper, Resource, ResourceExt, Scope};
use withal_common::{caught, pend, poll, quiet_panic};

/// Counts the members that are in, and those whose exit came to its end or began, or that were abandoned.
#[derive(Clone, Default)]
struct Counts(Arc<[AtomicUsize; 3]>);

impl Counts {
    fn add(&self, which: usize) {
        self.0[which].fetch_add(1, SeqCst);
    }

    /// Law `exactly-once`.
    fn check(&self, what: &str) {
        let [entered, exited, abandoned] = [0, 1, 2].map(|which| self.0[which].load(SeqCst));
        assert_eq!(entered, exited + abandoned, "{what}: {exited} exited, {abandoned} abandoned");
    }
}

struct Member(Counts);

impl Resource for Member {
    type Guard = ();
    type Error = BoxError;

    async fn enter(&mut self) -> Result<(), BoxError> {
        pend(1).await;
        self.0.add(0);
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), BoxError> {
        self.0.add(1);
        pend(1).await;
        Ok(())
    }

    fn abandon(&mut self, (): ()) {
        self.0.add(2);
    }
}

/// A waker that panics at the nth time that something is done to it or its clones.
fn nth(n: usize, at: Does) -> Waker {
    let left = AtomicUsize::new(n);
    waker_that(move |does| {
        if does == at && left.fetch_sub(1, SeqCst) == 0 {
            quiet_panic("waker");
        }
    })
}

/// Polls to the end; false if that ends in the panic of the waker.
fn ends<F: Future + ?Sized>(mut future: Pin<&mut F>, waker: &Waker, what: &str) -> bool {
    for _ in 0..1000 {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut Context::from_waker(waker)).is_ready())) {
            Ok(true) => return true,
            Ok(false) => {}
            Err(panic) => {
                assert_eq!(panic.downcast_ref(), Some(&"waker"), "{what}");
                return false;
            }
        }
    }
    panic!("{what}: it hangs");
}

/// Lists that are long have their futures polled by wake, and clone the waker; so do limits.
fn check<R: Resource + 'static>(what: &str, resource: impl Fn(Vec<Member>) -> R) {
    for at in [Does::Clone, Does::Drop] {
        for in_task in [false, true] {
            for n in 0..1000 {
                let what = format!("{what}: {at:?} {n}, in the task: {in_task}");
                let counts = Counts::default();
                let (tasks, queue) = mpsc::channel();
                let reaper = Reaper::new(move |task| tasks.send(task).unwrap());
                let resource = resource((0..40).map(|_| Member(counts.clone())).collect());
                let scope = Scope::new(resource).on(&reaper).report(async |_| {
                    pend(1).await;
                    Ok::<_, BoxError>(())
                });
                let (mut scope, waker) = (Box::pin(scope), nth(n, at));
                let ended = if in_task {
                    assert!(poll(scope.as_mut()).is_pending());
                    drop(scope);
                    let mut task = queue.try_recv().unwrap();
                    let ended = ends(task.as_mut(), &waker, &what);
                    assert_eq!(reaper.pending(), 0, "{what}: it is over, one way or the other");
                    counts.check(&what);
                    assert!(poll(task.as_mut()).is_ready(), "{what}: an executor may poll what panicked");
                    ended
                } else {
                    let ended = ends(scope.as_mut(), &waker, &what);
                    drop(scope);
                    assert!(queue.try_recv().is_err(), "{what}: a task that panicked is handed over");
                    counts.check(&what);
                    ended
                };
                std::mem::forget(waker); // it can panic once more
                if ended {
                    break;
                }
                assert!(n < 999, "{what}: it never ends well");
            }
        }
    }
}

#[test]
fn a_task_is_not_polled_after_a_waker_panicked() {
    check("list", |members| members);
    check("limit", |members| members.limit(3));
    check("nested", |members| (members, (), Member(Counts::default())).fail_fast());
}

/// What hears of failures panics: the task is over, and an executor that polls it again finds it so.
#[test]
fn a_task_is_not_polled_after_what_hears_panicked() {
    let (tasks, queue) = mpsc::channel();
    let heard = Arc::new(Mutex::new(0));
    let counts = Arc::clone(&heard);
    let reaper = Reaper::new(move |task| tasks.send(task).unwrap()).on_failure(move |_| {
        *counts.lock().unwrap() += 1;
        quiet_panic("hears")
    });
    let failing = withal::defer(async |_| Err("stuck".into()));
    let scope = Scope::new(failing).on(&reaper).report(async |()| std::future::pending::<Result<(), BoxError>>().await);
    let mut scope = Box::pin(scope);
    assert!(poll(scope.as_mut()).is_pending());
    drop(scope);
    let mut task = queue.recv().unwrap();
    let mut idle = Box::pin(reaper.idle());
    assert!(poll(idle.as_mut()).is_pending());
    let panic = caught(|| poll(task.as_mut())).unwrap();
    assert_eq!(panic.downcast_ref(), Some(&"hears"));
    assert!(poll(idle.as_mut()).is_ready(), "nobody waits for the executor to drop it");
    assert!(poll(task.as_mut()).is_ready());
    assert_eq!((*heard.lock().unwrap(), reaper.pending()), (1, 0));
}
