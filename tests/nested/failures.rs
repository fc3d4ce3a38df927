//! What goes wrong in the exits of inner scopes is told by the scope around (laws `nested-until`, `nothing-lost`).

use crate::{Hangs, Woken, cancelled, slow};
use futures::channel::oneshot;
use futures::future::join;
use std::future::pending;
use withal::{BoxError, MemberPanic, ResourceExt, Scope, ScopeError, ScopeErrorKind, defer};
use withal_common::{Log, panic_of, quiet_panic};

async fn stuck(name: &'static str) -> Result<(), BoxError> {
    let stuck = defer(async move |_| Err(format!("{name} is stuck").into())).named(name);
    Scope::new((stuck, ())).run(async |_| pending().await).await
}

#[test]
fn failed_exits_are_told_under_body() {
    let ended = cancelled(|fired| {
        Scope::new(()).until(fired).run(async |()| {
            let (a, b) = join(stuck("a"), async {
                let outer = Scope::new(defer(async |_| Err("broken".into())).named("middle"));
                outer.run(async |()| stuck("b").await).await
            })
            .await;
            a.and(b)
        })
    });
    let error = ended.unwrap_err().downcast::<ScopeError>().unwrap();
    assert_eq!(error.kind(), ScopeErrorKind::Cancelled);
    let failures: Vec<_> = error.failures().iter().map(ToString::to_string).collect();
    assert_eq!(
        failures,
        [
            "could not exit body/a: a is stuck",
            "could not exit body/body/b: b is stuck",
            "could not exit body/middle: broken",
        ]
    );
    assert!(error.failures().iter().all(|failure| failure.path().is_empty()));
}

#[test]
fn panic_of_an_inner_exit_resumes_after_all_exits() {
    let log = Log::default();
    let panic = panic_of(|| {
        cancelled(|fired| {
            let log = log.clone();
            async move {
                let outer = Scope::new(slow(&log, "outer")).until(fired);
                let body = async |_: &mut _| {
                    let inner = (slow(&log, "inner"), defer(async |_| quiet_panic("in the exit")));
                    Scope::new(inner).run(async |_| pending::<Result<(), BoxError>>().await).await
                };
                outer.run(body).await
            }
        })
    });
    assert_eq!(panic.unwrap(), "in the exit");
    assert!(log.line().ends_with("inner out, outer told Cancelled, outer out"));
}

/// Panics when it is dropped.
struct Panics;

impl Drop for Panics {
    fn drop(&mut self) {
        quiet_panic("in the drop of the inner body");
    }
}

/// The panic resumes where the inner scope is dropped: in the body around, which is told as a panic of that body.
#[test]
fn inner_body_that_panics_while_it_is_cancelled_is_a_panic_of_the_body_around() {
    let log = Log::default();
    let report = cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let panics = Scope::new(slow(&log, "inner")).run(async |_| {
                    let _panics = Panics;
                    pending::<Result<(), BoxError>>().await
                });
                let beside = Scope::new(slow(&log, "beside")).run(async |_| pending::<Result<(), BoxError>>().await);
                let (a, b) = join(panics, beside).await;
                a.and(b)
            };
            outer.report(body).await
        }
    });
    assert_eq!(report.panic.unwrap().downcast_ref::<&str>(), Some(&"in the drop of the inner body"));
    let events = log.line();
    assert!(events.contains("inner told Panicked"), "{events}");
    assert!(events.contains("beside out, outer told Panicked, outer out"), "{events}");
    assert!(!events.contains("abandoned"), "{events}");
}

#[test]
fn inner_exit_that_hangs_holds_up_the_outer_and_a_deadline_cures_it() {
    let log = Log::default();
    let (fire, fired) = oneshot::channel::<()>();
    let (ring, rings) = oneshot::channel::<()>();
    let scene = {
        let log = log.clone();
        async move {
            let mut rings = Some(rings);
            let hangs = Hangs(log.clone(), "inner").exit_within(move || rings.take().unwrap()).named("inner");
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            outer.run(async |_| Scope::new(hangs).run(async |()| pending::<Result<(), BoxError>>().await).await).await
        }
    };
    let mut scene = Woken::new(scene);
    fire.send(()).unwrap();
    assert!(!scene.is_over());
    assert_eq!(log.line(), "outer in, inner hangs");
    ring.send(()).unwrap();
    let error = scene.end().unwrap_err().downcast::<ScopeError>().unwrap();
    assert_eq!(error.kind(), ScopeErrorKind::Cancelled);
    let first = error.failures().first().unwrap();
    assert_eq!(first.name(), "body/inner");
    assert!(first.error().downcast_ref::<MemberPanic>().is_none());
    assert_eq!(log.line(), "outer told Cancelled, outer out");
}

#[test]
fn drop_while_an_inner_exit_hangs_abandons_the_outer() {
    let log = Log::default();
    let (fire, fired) = oneshot::channel::<()>();
    let scene = {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let hangs = Hangs(log.clone(), "inner");
            outer.run(async |_| Scope::new(hangs).run(async |()| pending::<Result<(), BoxError>>().await).await).await
        }
    };
    let mut scene = Woken::new(scene);
    fire.send(()).unwrap();
    assert!(!scene.is_over());
    drop(scene);
    assert_eq!(log.line(), "outer in, inner hangs, outer abandoned");
}

/// Laws `nothing-lost`, `panic-last`: the earliest of them is the body's, the others are among the failures.
#[test]
fn panics_of_two_inner_bodies_are_both_told() {
    /// Panics when it is dropped, after so many polls of the exit of the scope beside it.
    struct Late(&'static str);
    impl Drop for Late {
        fn drop(&mut self) {
            quiet_panic(self.0);
        }
    }
    let report = cancelled(|fired| async move {
        let log = Log::default();
        let body = async |()| {
            let inner = async |name: &'static str, levels: usize| {
                let panics = async |_: &mut _| {
                    let _late = Late(name);
                    pending::<Result<(), BoxError>>().await
                };
                // One level deeper, it hears of the signal one poll later.
                let inner = Scope::new(slow(&log, name));
                if levels == 0 {
                    inner.run_local(panics).await
                } else {
                    Scope::new(()).run_local(async |()| inner.run_local(panics).await).await
                }
            };
            let (a, b) = join(inner("late", 1), inner("early", 0)).await;
            a.and(b)
        };
        Scope::new(()).until(fired).report_local(async |()| body(()).await).await
    });
    assert_eq!(report.panic.unwrap().downcast_ref::<&str>(), Some(&"early"));
    assert_eq!(report.failures.to_string(), "could not exit body: panicked: late");
}

/// Law `panic-anywhere`: the value of a scope that does not return is dropped with care, even while another panic
/// unwinds.
#[test]
fn values_of_scopes_that_do_not_return_can_panic() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            quiet_panic("bomb");
        }
    }
    let report = cancelled(|fired| async move {
        let bombs = async || {
            // The value is there, and the exit goes on while the body around is given up.
            let exits = defer(async |_| {
                withal_common::pend(1).await;
                Ok(())
            });
            Scope::new(exits)
                .run_local(async |()| {
                    withal::cancelled().await;
                    Ok::<_, BoxError>(Bomb)
                })
                .await
                .map(drop)
        };
        let body = async |()| {
            let (a, b) = join(bombs(), bombs()).await;
            a.and(b)
        };
        Scope::new(()).until(fired).report_local(async |()| body(()).await).await
    });
    assert!(report.cancelled || report.panic.is_some());
}

/// Law `nothing-lost`: what an inner scope left is told on the reaper, if the scope around is dropped before its end.
#[test]
fn failed_exits_are_told_on_a_reaper() {
    let heard = Log::default();
    let tasks: std::sync::Arc<std::sync::Mutex<Vec<withal_common::Task>>> = std::sync::Arc::default();
    let (queue, to) = (std::sync::Arc::clone(&tasks), heard.clone());
    let reaper = withal::Reaper::new(move |task| queue.lock().unwrap().push(task))
        .on_failure(move |reaped| to.add(reaped.failures.to_string()));
    let (fire, fired) = oneshot::channel::<()>();
    let log = Log::default();
    let scene = {
        let (log, reaper) = (log.clone(), reaper.clone());
        async move {
            let outer = Scope::new(()).on(&reaper).until(fired);
            let hangs = Scope::new(Hangs(log.clone(), "b")).on(&reaper);
            outer
                .run(async |()| join(stuck("a"), hangs.run(async |()| pending::<Result<(), BoxError>>().await)).await.0)
                .await
        }
    };
    let mut scene = Woken::new(scene);
    fire.send(()).unwrap();
    assert!(!scene.is_over());
    drop(scene);
    let mut tasks = std::mem::take(&mut *tasks.lock().unwrap());
    let outer = tasks.pop().unwrap();
    drop(tasks); // the one that hangs
    withal_common::run(outer);
    assert_eq!(heard.line(), "could not exit body/a: a is stuck");
}
