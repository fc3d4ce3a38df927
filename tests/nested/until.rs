//! Law `nested-until`: when a body is given up, the scopes within it are cancelled first, innermost first.

use crate::{Member, Woken, cancelled, slow, waits};
use futures::channel::oneshot;
use futures::future::join3;
use futures::stream::{FuturesUnordered, StreamExt};
use std::future::pending;
use withal::{BoxError, Phase, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, background};
use withal_common::{Log, pend};

fn kind(ended: Result<(), BoxError>) -> ScopeErrorKind {
    ended.unwrap_err().downcast::<ScopeError>().unwrap().kind()
}

#[test]
fn inner_scope_is_exited_before_the_outer() {
    let log = Log::default();
    let ended = cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            outer.run(async |_| Ok::<_, BoxError>(waits(&log, "inner").await?)).await
        }
    });
    assert_eq!(kind(ended), ScopeErrorKind::Cancelled);
    let all = "outer in, inner in, inner told Cancelled, inner out, outer told Cancelled, outer out";
    assert_eq!(log.line(), all);
}

/// Stands for one of another crate, which knows nothing of the scope around it.
async fn library(log: Log, names: [&'static str; 3]) -> anyhow::Result<()> {
    let [one, two, three] = names;
    Scope::new(slow(&log, one))
        .run(async |_| {
            Scope::new(slow(&log, two))
                .run(async |_| {
                    waits(&log, three).await?;
                    log.add("returned into its body");
                    anyhow::Ok(())
                })
                .await
        })
        .await
}

#[test]
fn innermost_goes_first_and_none_returns_into_its_body() {
    let log = Log::default();
    let ended = cancelled(|fired| {
        let log = log.clone();
        let outer = Scope::new(slow(&log, "0")).until(fired);
        outer.run(async move |_| library(log, ["1", "2", "3"]).await)
    });
    assert!(ended.unwrap_err().downcast_ref::<ScopeError>().is_some());
    let out: Vec<_> = log.take().into_iter().filter(|event| event.ends_with("out") || event.contains("body")).collect();
    assert_eq!(out, ["3 out", "2 out", "1 out", "0 out"]);
}

#[test]
fn scopes_beside_each_other_come_down_at_once() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let beside = async {
                    withal::cancelled().await;
                    log.add("beside goes on");
                    pending::<()>().await;
                };
                let (a, b, ()) = join3(waits(&log, "a"), waits(&log, "b"), beside).await;
                a.and(b)
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    let all = "outer in, a in, b in, a told Cancelled, b told Cancelled, beside goes on, a out, b out, \
               outer told Cancelled, outer out";
    assert_eq!(log.line(), all);
}

#[test]
fn scopes_that_are_polled_only_when_woken_are_woken() {
    let log = Log::default();
    let names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let mut all: FuturesUnordered<_> = names.into_iter().map(|name| waits(&log, name)).collect();
                while let Some(ended) = all.next().await {
                    ended?;
                }
                anyhow::Ok(())
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    let events = log.take();
    let at = |event: &str| events.iter().position(|seen| seen == event).expect(event);
    for name in names {
        assert!(at(&format!("{name} out")) < at("outer told Cancelled"));
    }
    assert!(!events.iter().any(|event| event.contains("abandoned")));
}

#[test]
fn death_of_a_member_cancels_the_scopes_within_first() {
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
            let outer = Scope::new((slow(&log, "outer"), worker.named("lease")));
            outer.run(async |_| Ok::<_, BoxError>(waits(&log, "inner").await?)).await
        }
    };
    let scene = Woken::new(scene);
    die.send(()).unwrap();
    let error = *scene.end().unwrap_err().downcast::<ScopeError>().unwrap();
    assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
    assert_eq!(error.failures().first().unwrap().phase(), Phase::Up);
    let all = "outer in, inner in, inner told Cancelled, inner out, outer told MemberFailed, outer out";
    assert_eq!(log.line(), all);
}

#[test]
fn enters_in_flight_of_an_inner_scope_settle() {
    struct Slow(Log);
    impl Resource for Slow {
        type Guard = ();
        type Error = BoxError;
        async fn enter(&mut self) -> Result<(), BoxError> {
            pend(1).await;
            self.0.add("asks");
            pend_until_fired().await;
            self.0.add("in");
            Ok(())
        }
        async fn exit(&mut self, (): (), outcome: withal::Outcome<'_>) -> Result<(), BoxError> {
            self.0.add(format!("told {:?}", outcome.kind()));
            Ok(())
        }
    }
    /// Is ready at the second poll after it was pending: the first one that is woken is that of the signal.
    async fn pend_until_fired() {
        let mut polls = 0;
        std::future::poll_fn(move |cx| {
            polls += 1;
            match polls {
                1 => std::task::Poll::Pending,
                2 | 3 => {
                    cx.waker().wake_by_ref();
                    std::task::Poll::Pending
                }
                _ => std::task::Poll::Ready(()),
            }
        })
        .await;
    }
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                Scope::new(Slow(log.clone()))
                    .run(async |()| {
                        log.add("runs");
                        anyhow::Ok(())
                    })
                    .await
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    assert_eq!(log.line(), "outer in, asks, in, told Cancelled, outer told Cancelled, outer out");
}

#[test]
fn own_signal_of_an_inner_scope_returns_into_the_body() {
    let log = Log::default();
    let (fire, fired) = oneshot::channel::<()>();
    let (stop, stopped) = oneshot::channel::<()>();
    let scene = {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let inner = Scope::new(slow(&log, "inner")).until(stopped);
                inner.run(async |_| pending::<anyhow::Result<()>>().await).await.unwrap_err();
                log.add("goes on");
                waits(&log, "next").await
            };
            outer.run(body).await
        }
    };
    let mut scene = Woken::new(scene);
    stop.send(()).unwrap();
    assert!(!scene.is_over());
    fire.send(()).unwrap();
    scene.end().unwrap_err();
    let all = "outer in, inner in, inner told Cancelled, inner out, goes on, next in, next told Cancelled, next out, \
               outer told Cancelled, outer out";
    assert_eq!(log.line(), all);
}

/// Both the scope's own signal and the body around cancel it: it is cancelled once, and a failed enter stays the cause.
#[test]
fn signal_and_body_around_fire_once() {
    for own_first in [false, true] {
        let log = Log::default();
        let (fire, fired) = oneshot::channel::<()>();
        let (stop, stopped) = oneshot::channel::<()>();
        let scene = {
            let log = log.clone();
            async move {
                let outer = Scope::new(slow(&log, "outer")).until(fired);
                let body = async |_: &mut _| {
                    let members = (slow(&log, "inner"), Member(log.clone(), "other", 5));
                    let inner = Scope::new(members).until(stopped);
                    inner.run(async |_| pending::<anyhow::Result<()>>().await).await
                };
                outer.run(body).await
            }
        };
        let scene = Woken::new(scene);
        if own_first {
            stop.send(()).unwrap();
            fire.send(()).unwrap();
        } else {
            fire.send(()).unwrap();
            stop.send(()).unwrap();
        }
        scene.end().unwrap_err();
        let events = log.take();
        let told = events.iter().filter(|event| event.contains("told Cancelled")).count();
        assert_eq!(told, 3, "{events:?}");
        assert_eq!(events.last().unwrap(), "outer out");
    }
}

#[test]
fn body_that_ends_by_itself_after_it_was_given_up_is_cancelled() {
    let log = Log::default();
    let report = cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                // Ends while the inner scope exits: that is dropped in the middle, as a `select!` does.
                let ends = async {
                    withal::cancelled().await;
                    pend(1).await;
                };
                let inner = Box::pin(waits(&log, "inner"));
                futures::future::select(inner, Box::pin(ends)).await;
                Ok::<_, BoxError>(log.clone())
            };
            outer.report(body).await
        }
    });
    assert!(report.cancelled);
    assert!(report.body.is_none() && report.panic.is_none());
    let events = log.line();
    assert!(events.ends_with("outer told Cancelled, outer out"), "{events}");
}

/// A scope that is being opened is a scope within the body.
#[test]
fn scope_that_is_being_opened_is_rolled_back_first() {
    let log = Log::default();
    cancelled(|fired| {
        let log = log.clone();
        async move {
            let outer = Scope::new(slow(&log, "outer")).until(fired);
            let body = async |_: &mut _| {
                let never = Member(log.clone(), "never", 0).enter_within(pending::<()>);
                let hangs = withal::resource(
                    async || {
                        withal::cancelled().await; // no part of the body
                        Ok(())
                    },
                    async |(), _| Ok(()),
                );
                let stuck = (slow(&log, "inner"), never, hangs).fail_fast();
                let opened = Scope::new(stuck).open().await;
                log.add("returned into the body");
                drop(opened);
                Ok::<_, BoxError>(())
            };
            outer.run(body).await
        }
    })
    .unwrap_err();
    let events = log.line();
    assert!(events.starts_with("outer in, inner in, never in, "), "{events}");
    assert!(events.ends_with("inner out, outer told Cancelled, outer out"), "{events}");
    assert!(!events.contains("abandoned") && !events.contains("returned"), "{events}");
}
