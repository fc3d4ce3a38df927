//! Law `shielded`: a region in `shield` is polled to its end before a body that is given up is dropped.

use crate::{Woken, cancelled, slow, waits};
use futures::channel::oneshot;
use futures::future::{Either, join, select};
use std::future::{pending, ready};
use std::pin::pin;
use withal::{BoxError, Scope, ScopeError, ScopeErrorKind, background, shield};
use withal_common::{Log, pend, poll, run};

#[test]
fn region_is_polled_to_its_end_before_any_exit() {
    let log = Log::default();
    let ended = cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                shield(async {
                    log.add("begins");
                    withal::cancelled().await;
                    log.add("wraps up");
                    pend(3).await;
                    log.add("ends");
                })
                .await;
                log.add("goes on");
                Ok::<_, BoxError>(())
            };
            outer.run(body).await
        }
    });
    let error = ended.unwrap_err().downcast::<ScopeError>().unwrap();
    assert_eq!(error.kind(), ScopeErrorKind::Cancelled);
    assert_eq!(log.line(), "outer in, begins, wraps up, ends, outer told Cancelled, outer out");
}

#[test]
fn scopes_within_a_region_are_not_cancelled() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let region = async {
                    let inner = Scope::new(slow(&log, "inner"));
                    let ended = inner
                        .run(async |_| {
                            withal::cancelled().await; // looks through the inner body and the shield
                            pend(1).await;
                            anyhow::Ok("done")
                        })
                        .await;
                    log.add(ended.unwrap());
                };
                shield(region).await;
                anyhow::Ok(())
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    let all = "outer in, inner in, inner told Completed, inner out, done, outer told Cancelled, outer out";
    assert_eq!(log.line(), all);
}

#[test]
fn region_that_is_not_interrupted_returns_its_output() {
    let output = run(Scope::new(()).run(async |()| {
        anyhow::Ok(
            shield(async {
                pend(2).await;
                42
            })
            .await,
        )
    }));
    assert_eq!(output.unwrap(), 42);
}

#[test]
fn death_of_a_member_heeds_a_shield() {
    let log = Log::default();
    let (die, dies) = oneshot::channel::<()>();
    let worker = background(async move |startup| {
        let _stop = startup.ready(());
        dies.await.ok();
        Err("the lease was lost".into())
    });
    let scene = {
        let log = log.clone();
        async move {
            let body = async |_: &mut _| {
                let region = async {
                    withal::cancelled().await;
                    pend(2).await;
                    log.add("ends");
                };
                shield(region).await;
                pending::<Result<(), BoxError>>().await
            };
            Scope::new((slow(&log, "outer"), worker)).run(body).await
        }
    };
    let scene = Woken::new(scene);
    die.send(()).unwrap();
    scene.end().unwrap_err();
    assert_eq!(log.line(), "outer in, ends, outer told MemberFailed, outer out");
}

#[test]
fn outside_of_any_scope_a_shield_is_its_region_and_nothing_is_cancelled() {
    assert_eq!(run(shield(ready(1))), 1);
    let mut cancelled = withal::cancelled();
    assert!(poll(pin!(&mut cancelled)).is_pending());
    let mut both = pin!(shield(select(withal::cancelled(), Box::pin(pend(1)))));
    assert!(poll(both.as_mut()).is_pending());
    assert!(matches!(
        poll(both.as_mut()).map(|either| matches!(either, Either::Right(_))),
        std::task::Poll::Ready(true)
    ));
}

/// A member's enter and exit are no part of a body.
#[test]
fn shield_in_an_exit_is_its_region() {
    let log = Log::default();
    let exits = log.clone();
    let deferred = withal::defer(async move |_| {
        let either = shield(async { select(withal::cancelled(), pin!(pend(1))).await.factor_first().0 }).await;
        exits.add(format!("exits {either:?}"));
        Ok(())
    });
    cancelled(|fired| Scope::new(deferred).until(fired).run(async |()| pending::<anyhow::Result<()>>().await))
        .unwrap_err();
    assert_eq!(log.line(), "exits ()");
}

#[test]
fn region_that_begins_in_a_body_that_is_given_up_does_not_begin() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let late = async {
                    withal::cancelled().await;
                    shield(async { log.add("begins") }).await;
                    log.add("goes on");
                };
                join(waits(&log, "inner"), late).await.0
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    assert_eq!(log.line(), "outer in, inner in, inner told Cancelled, inner out, outer told Cancelled, outer out");
}

#[test]
fn shield_that_never_ends_is_cut_by_a_drop() {
    let log = Log::default();
    let (fire, fired) = oneshot::channel::<()>();
    let scene = {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            outer.run(async |_| shield(pending::<anyhow::Result<()>>()).await).await
        }
    };
    let mut scene = Woken::new(scene);
    fire.send(()).unwrap();
    assert!(!scene.is_over());
    drop(scene);
    assert_eq!(log.line(), "outer in, outer abandoned");
}

#[test]
fn shield_in_a_shield_and_two_beside_each_other() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let region = |name: &'static str, polls| {
                    let log = log.clone();
                    shield(async move {
                        shield(withal::cancelled()).await;
                        pend(polls).await;
                        log.add(name);
                    })
                };
                join(region("late", 5), region("early", 2)).await;
                anyhow::Ok(())
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    assert_eq!(log.line(), "outer in, early, late, outer told Cancelled, outer out");
}

/// A region that panics is a panic of the body, at once: what runs beside it is dropped, as ever.
#[test]
fn region_that_panics_is_a_panic_of_the_body() {
    let log = Log::default();
    let report = cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                shield(async {
                    withal::cancelled().await;
                    withal_common::quiet_panic("in the region")
                })
                .await;
                Ok::<_, BoxError>(())
            };
            outer.report(body).await
        }
    });
    assert!(report.panic.is_some());
    assert_eq!(log.line(), "outer in, outer told Panicked, outer out");
}
