//! Law `body-between`: an exit that takes a lock which the body holds, or is queued on, finishes however the scope is
//! cancelled. A future that is queued on a fair lock is handed the lock next; if nobody polled or dropped it, the exit
//! would wait for ever.

use crate::gate::Gate;
use std::pin::{Pin, pin};
use std::sync::Arc;
use withal::{Outcome, Resource, Scope};
use withal_common::{poll, reaper, run, settle};

/// Locks of two kinds, both of which serve those who wait in the order in which they came.
#[derive(Debug)]
enum Lock {
    Tokio(tokio::sync::Mutex<()>),
    Smol(smol::lock::Mutex<()>),
}

type Held<'a> = (Option<tokio::sync::MutexGuard<'a, ()>>, Option<smol::lock::MutexGuard<'a, ()>>);

impl Lock {
    fn both() -> [Arc<Self>; 2] {
        [Self::Tokio(tokio::sync::Mutex::default()), Self::Smol(smol::lock::Mutex::default())].map(Arc::new)
    }

    async fn lock(&self) -> Held<'_> {
        match self {
            Self::Tokio(lock) => (Some(lock.lock().await), None),
            Self::Smol(lock) => (None, Some(lock.lock().await)),
        }
    }
}

/// Takes the lock in its exit.
struct Writer(Arc<Lock>);

impl Resource for Writer {
    type Guard = ();
    type Error = std::convert::Infallible;

    async fn enter(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Self::Error> {
        drop(self.0.lock().await);
        Ok(())
    }
}

/// What the body does with the lock.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Body {
    Holds,
    /// Waits for it, as another holds it.
    Queues,
}

async fn body(lock: &Lock) -> Result<(), withal::ScopeError> {
    let _held = lock.lock().await;
    std::future::pending().await
}

/// Runs a test with a lock that another holds if the body is to queue.
fn each(test: impl Fn(&Arc<Lock>, Option<Held<'_>>)) {
    for what in [Body::Holds, Body::Queues] {
        for lock in Lock::both() {
            let other = (what == Body::Queues).then(|| run(lock.lock()));
            test(&lock, other);
            assert!(poll(pin!(lock.lock())).is_ready(), "{what:?}: everybody gave it back");
        }
    }
}

#[test]
fn body_between_cancelled_by_a_signal() {
    each(|lock, other| {
        let stop = Gate::closed();
        let members = (Writer(Arc::clone(lock)), Writer(Arc::clone(lock)));
        let mut scope = pin!(Scope::new(members).until(stop.pass()).run(async |_| body(lock).await));
        settle(scope.as_mut());
        stop.open();
        if other.is_some() {
            settle(scope.as_mut());
        }
        drop(other);
        assert!(run(scope).is_err());
    });
}

#[test]
fn body_between_dropped_on_a_reaper() {
    each(|lock, other| {
        let (reaper, tasks) = reaper();
        let members = (Writer(Arc::clone(lock)), Writer(Arc::clone(lock)));
        let mut scope: Pin<Box<_>> = Box::pin(Scope::new(members).on(&reaper).run(async |_| body(lock).await));
        settle(scope.as_mut());
        drop(scope);
        let mut task = tasks.pop().expect("it is handed over");
        if other.is_some() {
            settle(task.as_mut());
        }
        drop(other);
        run(task);
        assert_eq!(reaper.pending(), 0);
    });
}

/// A spawner that runs the task where it stands: whatever still holds the lock would hold it for ever.
#[test]
fn body_between_when_a_spawner_runs_the_task_at_once() {
    for lock in Lock::both() {
        let reaper = withal::Reaper::new(run);
        let mut scope = Box::pin(Scope::new(Writer(Arc::clone(&lock))).on(&reaper).run(async |()| body(&lock).await));
        settle(scope.as_mut());
        drop(scope);
        assert_eq!(reaper.pending(), 0);
    }
}

/// On threads: the scope is aborted while its body is queued, and the exit waits on a reaper for the lock.
#[test]
fn body_between_on_a_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    for lock in Lock::both() {
        runtime.block_on(async {
            let reaper = withal::Reaper::new(|task| drop(tokio::spawn(task)));
            let (held, queued) = (lock.lock().await, Gate::closed());
            let (taken, queuing) = (Arc::clone(&lock), queued.clone());
            let scope = Scope::new(Writer(Arc::clone(&lock))).on(&reaper);
            let task = tokio::spawn(scope.run(async move |()| {
                // Polled in this order: it is in the queue before it says so.
                tokio::select! { biased; ended = body(&taken) => ended, () = queuing.pass() => unreachable!() }
            }));
            queued.reached().await;
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            assert_eq!(reaper.pending(), 1);
            drop(held);
            tokio::time::timeout(std::time::Duration::from_secs(60), reaper.idle()).await.expect("it hangs");
        });
    }
}

/// A signal that is queued on the lock, too: it is not polled any more once the body is over, and must not be handed
/// what the exits wait for.
#[test]
fn until_does_not_keep_what_the_exits_wait_for() {
    for lock in Lock::both() {
        let go = Gate::closed();
        let signal = async {
            drop(lock.lock().await);
        };
        let scope = Scope::new(Writer(Arc::clone(&lock))).until(signal);
        let other = run(lock.lock());
        let mut scope = pin!(scope.run(async |()| {
            go.pass().await;
            anyhow::Ok(())
        }));
        settle(scope.as_mut());
        go.open();
        settle(scope.as_mut());
        drop(other);
        assert!(run(scope).is_ok());
    }
}
