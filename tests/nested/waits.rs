//! How long a body that is given up is waited for.

use crate::{Hangs, Woken, cancelled, slow, waits};
use futures::channel::oneshot;
use futures::future::{Either, join, select};
use futures::stream::{self, StreamExt};
use std::future::pending;
use withal::{Scope, cancelled as given_up};
use withal_common::{Log, pend};

/// The body holds the scope, and polls it no more: it is dropped with the body.
#[test]
fn scope_that_the_body_does_not_poll_is_dropped_with_it() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let held = Box::pin(waits(&log, "held"));
                let Either::Right(((), _held)) = select(held, Box::pin(pend(1))).await else { unreachable!() };
                pending::<anyhow::Result<()>>().await
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    assert_eq!(log.line(), "outer in, held in, held abandoned, outer told Cancelled, outer out");
}

/// The same where it was polled again after the body was given up, and is held then: the deadline of a `select!`.
#[test]
fn scope_that_the_body_polls_no_more_is_dropped_with_it() {
    // A scope that begins only then enters nothing.
    for begins in [false, true] {
        let log = Log::default();
        let (fire, fired) = oneshot::channel::<()>();
        let (late, is_late) = oneshot::channel::<()>();
        let scene = {
            let log = log.clone();
            async move {
                let outer = Scope::new(slow(&log, "outer")).until(fired);
                let body = async |_: &mut _| {
                    let hangs = Box::pin(
                        Scope::new(Hangs(log.clone(), "held")).run(async |()| pending::<anyhow::Result<()>>().await),
                    );
                    let Either::Right((_, _held)) = select(hangs, is_late).await else { unreachable!() };
                    if begins { waits(&log, "late").await } else { pending().await }
                };
                outer.run(body).await
            }
        };
        let mut scene = Woken::new(scene);
        fire.send(()).unwrap();
        assert!(!scene.is_over());
        assert_eq!(log.line(), "outer in, held hangs");
        late.send(()).unwrap();
        scene.end().unwrap_err();
        assert_eq!(log.line(), "outer told Cancelled, outer out");
    }
}

#[test]
fn scope_beside_one_that_is_not_polled_is_awaited() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let held = Box::pin(waits(&log, "held"));
                let Either::Right(((), _held)) = select(held, Box::pin(pend(1))).await else { unreachable!() };
                waits(&log, "inner").await
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    let events = log.line();
    assert!(events.contains("inner out, held abandoned, outer told Cancelled"), "{events}");
}

/// A buffered stream polls what is in it whenever it is polled.
#[test]
fn scopes_in_a_buffered_stream_are_awaited() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let scopes = stream::iter(["a", "b", "c"]).map(|name| waits(&log, name)).buffer_unordered(2);
                scopes.collect::<Vec<_>>().await;
                anyhow::Ok(())
            };
            outer.run_local(body).await
        }
    })
    .unwrap_err();
    let events = log.take();
    assert!(!events.iter().any(|event| event.contains("abandoned") || event.starts_with('c')), "{events:?}");
    assert_eq!(events.last().unwrap(), "outer out");
}

/// A scope that begins in a body that is given up enters nothing, and never returns.
#[test]
fn scope_that_begins_in_a_body_that_is_given_up_enters_nothing() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let late = async {
                    given_up().await;
                    waits(&log, "late").await.ok();
                    log.add("returned into the body");
                };
                join(waits(&log, "inner"), late).await.0
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    assert_eq!(log.line(), "outer in, inner in, inner told Cancelled, inner out, outer told Cancelled, outer out");
}

/// What wins a race against an inner scope that is being cancelled drops that in the middle, as ever.
#[test]
fn select_that_another_branch_wins_drops_an_inner_scope() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let wins = async {
                    given_up().await;
                    log.add("wins");
                };
                select(Box::pin(async { waits(&log, "inner").await.ok() }), Box::pin(wins)).await;
                pending::<anyhow::Result<()>>().await
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    let events = log.line();
    assert!(events.starts_with("outer in, inner in, inner told Cancelled, wins, outer told"), "{events}");
}

/// A scope in `block_on` within a body runs to its end: nothing can give that body up meanwhile.
#[test]
fn block_on_within_a_body_runs_to_its_end() {
    let log = Log::default();
    let outer = Scope::new(slow(&log, "outer")).run(async |_| {
        let inner = Scope::new(slow(&log, "inner"));
        smol::block_on(inner.run(async |_| {
            pend(2).await;
            anyhow::Ok(1)
        }))
    });
    assert_eq!(smol::block_on(outer).unwrap(), 1);
    assert_eq!(log.line(), "outer in, inner in, inner told Completed, inner out, outer told Completed, outer out");
}

/// A spawned task is no part of the body, as long as the runtime polls it first.
#[test]
fn spawned_task_is_no_part_of_the_body() {
    let log = Log::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let (fire, fired) = oneshot::channel::<()>();
    let (up, is_up) = oneshot::channel::<()>();
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = runtime.block_on(async {
        let outer = Scope::new(slow(&log, "outer")).until(fired);
        let tasks_log = log.clone();
        let mut task = None;
        let body = async |_: &mut _| {
            task = Some(tokio::spawn(async move {
                let inner = Scope::new(slow(&tasks_log, "task")).until(stopped);
                inner
                    .run(async |_| {
                        up.send(()).unwrap();
                        pending::<anyhow::Result<()>>().await
                    })
                    .await
            }));
            is_up.await.unwrap();
            fire.send(()).unwrap();
            pending::<anyhow::Result<()>>().await
        };
        let ended = outer.run(body).await;
        log.add("the task goes on");
        stop.send(()).unwrap();
        (ended, task.unwrap().await.unwrap())
    });
    ended.0.unwrap_err();
    ended.1.unwrap_err();
    let all = "outer in, task in, outer told Cancelled, outer out, the task goes on, task told Cancelled, task out";
    assert_eq!(log.line(), all);
}

/// Law `nested-until`, on threads: the signal fires once both inner scopes are in.
#[test]
fn runtime_with_threads_brings_the_inner_scopes_down_first() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    for _ in 0..200 {
        let log = Log::default();
        let ((fire, fired), (up, is_up)) = (oneshot::channel::<()>(), oneshot::channel::<()>());
        runtime.block_on(async {
            let log = log.clone();
            let task = tokio::spawn(async move {
                let outer = Scope::new(slow(&log, "outer")).until(fired);
                let b = async {
                    let inner = Scope::new(slow(&log, "b"));
                    let body = async |_: &mut _| {
                        up.send(()).unwrap();
                        pending::<anyhow::Result<()>>().await
                    };
                    inner.run(body).await
                };
                outer.run(async |_| join(waits(&log, "a"), b).await.0).await
            });
            is_up.await.unwrap();
            fire.send(()).ok();
            task.await.unwrap().unwrap_err();
        });
        let events = log.take();
        assert!(!events.iter().any(|event| event.contains("abandoned")), "{events:?}");
        let at = |event: &str| events.iter().position(|seen| seen == event).expect(event);
        assert!(at("a out").max(at("b out")) < at("outer told Cancelled"), "{events:?}");
    }
}

/// The futures of an inner scope that is on its own executor within the body are woken by their own wakers.
#[test]
fn scope_in_an_executor_within_the_body_is_cancelled() {
    let log = Log::default();
    let (fire, fired) = oneshot::channel::<()>();
    let scene = {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let local = smol::LocalExecutor::new();
                let task = local.spawn(waits(&log, "inner"));
                local.run(task).await
            };
            outer.run_local(body).await
        }
    };
    let scene = Woken::new(scene);
    fire.send(()).unwrap();
    scene.end().unwrap_err();
    assert_eq!(log.line(), "outer in, inner in, inner told Cancelled, inner out, outer told Cancelled, outer out");
}
