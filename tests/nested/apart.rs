//! What a scope polls and drops besides its body is no part of the body around it.

use crate::{Hangs, Woken, cancelled, slow, waits};
use futures::channel::oneshot;
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use withal::{BoxError, ExitPool, Outcome, Resource, ResourceExt, Scope, background};
use withal_common::{Log, Task, pend, settle};

/// A resource made of scopes: it runs one in its enter, and one in its exit, whose bodies take so many polls.
struct OfScopes(Log, usize);

impl OfScopes {
    async fn runs(&self, name: &'static str) -> Result<(), BoxError> {
        let body = async |_: &mut _| {
            match self.1 {
                usize::MAX => pending().await,
                polls => pend(polls).await,
            }
            Ok(())
        };
        Scope::new(slow(&self.0, name)).run(body).await
    }
}

impl Resource for OfScopes {
    type Guard = ();
    type Error = BoxError;

    async fn enter(&mut self) -> Result<(), BoxError> {
        self.runs("enter's").await
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), BoxError> {
        self.runs("exit's").await
    }
}

#[test]
fn scope_in_an_exit_of_an_inner_scope_is_not_cancelled() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let inner = OfScopes(log.clone(), 1);
            outer.run(async |_| inner.scope(async |()| pending::<Result<(), BoxError>>().await).await).await
        }
    })
    .unwrap_err();
    let all = "outer in, enter's in, enter's told Completed, enter's out, exit's in, exit's told Completed, exit's out, \
               outer told Cancelled, outer out";
    assert_eq!(log.line(), all);
}

/// An enter into an open set is a part of the body, which waits for it. So a scope in it comes down first.
#[test]
fn scope_in_an_enter_into_a_set_comes_down_first() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let pool = Scope::new(ExitPool::new()).until(fired);
            let body = async |pool: &mut withal::OpenPool<'_>| {
                pool.enter((slow(&log, "part"), OfScopes(log.clone(), usize::MAX))).await?;
                Ok::<_, BoxError>(())
            };
            pool.run(body).await
        }
    })
    .unwrap_err();
    let all = "part in, enter's in, enter's told Cancelled, enter's out, part told Cancelled, part out";
    assert_eq!(log.line(), all);
}

/// A member whose exit runs a scope that waits for a gate.
struct Gated(Log, Option<oneshot::Receiver<()>>);

impl Resource for Gated {
    type Guard = ();
    type Error = BoxError;

    async fn enter(&mut self) -> Result<(), BoxError> {
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), BoxError> {
        let gate = self.1.take().unwrap();
        Scope::new(slow(&self.0, "exit's")).run(async |_| gate.await.map_err(BoxError::from)).await
    }
}

/// An early exit that is under way when the body is given up goes on with the set.
#[test]
fn scope_in_an_early_exit_is_not_cancelled() {
    let log = Log::default();
    let ((fire, fired), (open, gate)) = (oneshot::channel::<()>(), oneshot::channel::<()>());
    let scene = {
        let log = log.clone();
        async move {
            let pool = Scope::new((slow(&log, "outer"), ExitPool::new())).until(fired);
            let body = async |(_, pool): &mut (_, withal::OpenPool<'_>)| {
                let handle = pool.enter(Gated(log.clone(), Some(gate))).await?;
                withal::Handle::exit(handle).await?;
                Ok::<_, BoxError>(())
            };
            pool.run(body).await
        }
    };
    let mut scene = Woken::new(scene);
    fire.send(()).unwrap();
    assert!(!scene.is_over());
    assert_eq!(log.line(), "outer in, exit's in, outer told Cancelled, outer out");
    open.send(()).unwrap();
    scene.end().unwrap_err();
    assert_eq!(log.line(), "exit's told Completed, exit's out");
}

/// The exits of an owned scope that the body closes go on on its reaper.
#[test]
fn scope_in_an_exit_that_the_body_closes_is_not_cancelled() {
    let log = Log::default();
    let ((fire, fired), (open, gate)) = (oneshot::channel::<()>(), oneshot::channel::<()>());
    let tasks: Arc<Mutex<Vec<Task>>> = Arc::default();
    let queue = Arc::clone(&tasks);
    let reaper = withal::Reaper::new(move |task| queue.lock().unwrap().push(task));
    let scene = {
        let log = log.clone();
        async move {
            let opened = Scope::new(Gated(log.clone(), Some(gate))).on(&reaper).open().await.unwrap();
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            outer.run(async |_| Ok::<_, BoxError>(opened.close().await?)).await
        }
    };
    let scene = Woken::new(scene);
    fire.send(()).unwrap();
    scene.end().unwrap_err();
    assert_eq!(log.line(), "outer in, exit's in, outer told Cancelled, outer out");
    open.send(()).unwrap();
    let task = Woken::new(tasks.lock().unwrap().pop().unwrap());
    task.end();
    assert_eq!(log.line(), "exit's told Completed, exit's out");
}

/// A body can drive the queue of a reaper. What is finished there can outlive the body.
#[test]
fn scope_in_a_task_of_a_reaper_is_not_cancelled() {
    let log = Log::default();
    let ((fire, fired), (open, gate)) = (oneshot::channel::<()>(), oneshot::channel::<()>());
    let tasks: Arc<Mutex<Vec<Task>>> = Arc::default();
    let queue = Arc::clone(&tasks);
    let reaper = withal::Reaper::new(move |task| queue.lock().unwrap().push(task));
    {
        let scope = Scope::new(Gated(log.clone(), Some(gate))).on(&reaper);
        settle(pin!(scope.run(async |()| pending::<anyhow::Result<()>>().await)));
    }
    let mut task = tasks.lock().unwrap().pop().unwrap();
    let scene = {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                (&mut task).await;
                anyhow::Ok(())
            };
            outer.run(body).await.unwrap_err();
            log.add("outer over");
            task.await;
        }
    };
    let mut scene = Woken::new(scene);
    fire.send(()).unwrap();
    assert!(!scene.is_over());
    open.send(()).unwrap();
    scene.end();
    let all = "outer in, exit's in, outer told Cancelled, outer out, outer over, exit's told Completed, exit's out";
    assert_eq!(log.line(), all);
}

/// A set that is opened by hand polls the work of its members where it is attended.
#[test]
fn scope_in_the_work_of_a_set_that_the_body_attends_is_not_cancelled() {
    let log = Log::default();
    let (open, gate) = oneshot::channel::<()>();
    let worker = {
        let log = log.clone();
        background(async move |startup| {
            let stop = startup.ready(());
            gate.await?; // so that the scope begins while the body attends
            let inner = Scope::new(slow(&log, "work's"));
            inner
                .run(async |_| {
                    stop.await;
                    Ok(())
                })
                .await
        })
    };
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let pool = ExitPool::new().open();
            pool.enter(worker).await.unwrap();
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                open.send(()).unwrap();
                Err::<(), BoxError>(pool.attend().await.into())
            };
            outer.run(body).await.unwrap_err();
            log.add("outer over");
            pool.close().await.unwrap();
        }
    });
    let all = "outer in, work's in, outer told Cancelled, outer out, outer over, work's told Completed, work's out";
    assert_eq!(log.line(), all);
}

/// The work of a member goes on while the body is given up, and so do the scopes within that work.
#[test]
fn scope_in_the_work_of_a_member_is_not_cancelled() {
    let log = Log::default();
    let (fire, fired) = oneshot::channel::<()>();
    let worker = {
        let log = log.clone();
        background(async move |startup| {
            let stop = startup.ready(());
            let inner = Scope::new(slow(&log, "work's"));
            inner
                .run(async |_| {
                    stop.await;
                    Ok(())
                })
                .await
        })
    };
    let scene = {
        let log = log.clone();
        async move {
            let outer = Scope::new((slow(&log, "outer"), worker)).until(fired);
            outer.run(async |_| Ok::<_, BoxError>(waits(&log, "inner").await?)).await
        }
    };
    let scene = Woken::new(scene);
    fire.send(()).unwrap();
    scene.end().unwrap_err();
    let events = log.line();
    assert!(events.contains("inner out, work's told Completed, outer told Cancelled"), "{events}");
}

/// A guard in the body whose destructor blocks on a scope: that runs to its end, also while the body is given up.
#[test]
fn scope_in_a_destructor_of_a_body_that_is_given_up_runs() {
    struct Blocks(Log);
    impl Drop for Blocks {
        fn drop(&mut self) {
            let last = Scope::new(slow(&self.0, "last")).run(async |_| anyhow::Ok(()));
            smol::block_on(last).unwrap();
        }
    }
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let _blocks = Blocks(log.clone());
                let inner = Scope::new(slow(&log, "inner"));
                let inners = async |_: &mut _| {
                    let _blocks = Blocks(log.clone());
                    pending::<anyhow::Result<()>>().await
                };
                inner.run(inners).await
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    let last = "last in, last told Completed, last out";
    let all =
        format!("outer in, inner in, {last}, inner told Cancelled, inner out, {last}, outer told Cancelled, outer out");
    assert_eq!(log.line(), all);
}

/// A signal is no part of a body either.
#[test]
fn scope_in_a_signal_of_an_inner_scope_is_not_cancelled() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let signal = waits(&log, "signal's");
                let inner = Scope::new(slow(&log, "inner")).until(signal);
                inner.run(async |_| pending::<anyhow::Result<()>>().await).await
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    let all = "outer in, signal's in, inner in, signal's abandoned, inner told Cancelled, inner out, outer told Cancelled, \
               outer out";
    assert_eq!(log.line(), all);
}

/// A scope that hangs in a member's exit holds up that member alone.
#[test]
fn member_of_an_inner_scope_that_hangs_is_seen_as_in() {
    let log = Log::default();
    let (fire, fired) = oneshot::channel::<()>();
    let scene = {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let inner = (slow(&log, "inner"), Hangs(log.clone(), "hangs"));
            outer.run(async |_| inner.scope(async |_| pending::<Result<(), BoxError>>().await).await).await
        }
    };
    let mut scene = Woken::new(scene);
    fire.send(()).unwrap();
    assert!(!scene.is_over());
    assert_eq!(log.line(), "outer in, inner in, hangs hangs, inner told Cancelled, inner out");
}
