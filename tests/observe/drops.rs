//! A scope that is dropped, after every possible number of polls: its record is closed and its spans are, and nobody is
//! left in flight.

use crate::world::{member, once, poll, quiet, slow, stuck};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use withal::testing::{READY, Step};
use withal::{BoxError, ExitPool, ExitStack, Resource, ResourceExt, Scope};

type Running<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Drops a scene after each number of polls, until it comes to its end before.
fn sweep<R: Resource>(scene: impl Fn(Scope<R>) -> Running<'static>, members: impl Fn() -> R) {
    quiet();
    for limit in 0..100 {
        let drop_after = |scope| {
            let mut running = scene(scope);
            let ended = (0..limit).any(|_| {
                let polled = catch_unwind(AssertUnwindSafe(|| poll(running.as_mut())));
                polled.map_or(true, |polled| polled.is_ready())
            });
            catch_unwind(AssertUnwindSafe(|| drop(running))).ok();
            ended
        };
        let mut ended = true;
        #[cfg(feature = "tracing")]
        let log = crate::layer::Log::of(|_| ended &= drop_after(Scope::new(members())));
        #[cfg(feature = "tracing")]
        assert_eq!(log.that(&["scope "]).iter().filter(|line| line.contains(" outcome=")).count(), 1.min(limit));
        #[cfg(feature = "timeline")]
        {
            let timeline = withal::Timeline::new();
            let events = crate::events::Events::default();
            ended &= drop_after(Scope::new(members()).observe(&(timeline.clone(), events.clone())));
            events.check();
            assert!(timeline.in_flight().is_empty(), "dropped after {limit} polls: {:?}", timeline.in_flight());
            assert!(timeline.scopes().iter().all(|scope| scope.closed().is_some()), "dropped after {limit} polls");
            check_phases(&timeline);
        }
        if ended {
            assert!(limit > 1, "there was nothing to drop");
            return;
        }
    }
    panic!("it hangs");
}

/// Who was in is exited or abandoned, once.
#[cfg(feature = "timeline")]
fn check_phases(timeline: &withal::Timeline) {
    use withal::timeline::End;
    for member in timeline.members() {
        let is_in = member.enter().and_then(|enter| enter.ended()) == Some(End::Done);
        let out = usize::from(member.exit().is_some()) + usize::from(member.abandoned().is_some());
        assert_eq!(out, usize::from(is_in), "{member:?}");
    }
}

fn scene<R: Resource + 'static>(scope: Scope<R>) -> Running<'static> {
    Box::pin(async {
        let report = scope.report(async |_| {
            once().await;
            Ok::<_, BoxError>(())
        });
        drop(report.await);
    })
}

#[test]
fn alone() {
    sweep(scene, || slow("a"));
}

#[test]
fn groups() {
    sweep(scene, || (slow("a"), [slow("b"), stuck("c")], vec![member("d", READY.pending(3), READY.pending(2))]));
    sweep(scene, || (slow("a"), member("b", Step::error().pending(2), READY), slow("c")).fail_fast());
    sweep(scene, || (slow("a"), member("b", Step::panic().pending(2), READY), member("c", READY, Step::panic())));
    sweep(scene, || (slow("a"), slow("b"), slow("c")).in_order());
    sweep(scene, || slow("a").then(|_| (slow("b"), slow("c"))));
    sweep(scene, || (slow("a"), slow("b")).boxed());
}

#[test]
fn deadlines() {
    let hangs = || (member("a", READY.pending(9), READY.pending(9)), slow("b"));
    sweep(scene, move || hangs().enter_within(once));
    let hangs = || (member("a", READY, READY.pending(9)), slow("b"));
    sweep(scene, move || hangs().in_order().exit_within(once));
}

#[test]
fn sets() {
    sweep(
        |scope: Scope<ExitPool<'static>>| {
            Box::pin(async {
                let body = async |pool: &mut withal::OpenPool<'static>| {
                    let (a, _) = futures::try_join!(pool.enter(slow("a")), pool.enter((slow("b"), slow("c"))))?;
                    withal::Handle::exit(a).await?;
                    pool.enter(slow("d")).await?;
                    anyhow::Ok(())
                };
                scope.run_local(body).await.ok();
            })
        },
        ExitPool::new,
    );
    sweep(
        |scope: Scope<ExitStack<'static>>| {
            Box::pin(async {
                let body = async |stack: &mut withal::OpenStack<'static>| {
                    let a = stack.enter(slow("a")).await?;
                    drop(stack.enter(ExitPool::new()).await?.enter(slow("b")).await?);
                    withal::Taken::exit(withal::Handle::take(a), withal::Outcome::Completed).await?;
                    anyhow::Ok(())
                };
                scope.run_local(body).await.ok();
            })
        },
        ExitStack::new,
    );
}
