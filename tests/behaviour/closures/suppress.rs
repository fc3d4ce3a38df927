//! Votes to suppress the body's error.

use futures::executor::block_on;
use std::fmt;
use std::io;
use withal::testing::{Ledger, READY, Script, ScriptedError, Step};
use withal::{BoxError, BoxResource, ExitPool, ExitStack, Outcome, Resource, ResourceExt, Scope, ScopeErrorKind};
use withal::{adopt, around, defer, resource, suppress};

async fn fails<G>(_: &mut G) -> Result<u8, BoxError> {
    Err(fmt::Error.into())
}

fn votes() -> impl Resource<Guard = ()> {
    defer(async |outcome| {
        if let Outcome::Failed(cause) = outcome {
            cause.suppress();
        }
        Ok(())
    })
}

/// One vote is enough, wherever the member stands: nested, adapted, boxed, in a set, within a function.
#[test]
fn one_vote_is_enough_wherever_it_is() {
    async fn suppressed<R: Resource<Guard: 'static> + 'static>(resource: R) -> bool {
        suppressed_boxed(resource.boxed()).await
    }
    async fn suppressed_boxed<G: Send + 'static>(resource: BoxResource<'static, G>) -> bool {
        Scope::new(resource).run_or_suppress(async |guard| fails(guard).await).await.is_ok_and(|value| value.is_none())
    }
    block_on(async {
        assert!(suppressed(votes()).await);
        assert!(suppressed(((), (votes(), [(), ()]))).await);
        assert!(suppressed(vec![suppress::<io::Error>().boxed(), suppress::<fmt::Error>().boxed()]).await);
        assert!(suppressed([votes()].in_order().fail_fast().named("voters")).await);
        assert!(suppressed(((), Some(votes())).map_err(|failures| failures)).await);
        assert!(suppressed(().then(|()| votes())).await);
        assert!(suppressed(around(async |lend| lend.through(votes()).await.map(|_| ()))).await);
        assert!(!suppressed(around(async |lend| lend.through(defer(async |_| Ok(()))).await.map(|_| ()))).await);
        assert!(
            suppressed(resource(
                async || Ok(()),
                async |(), outcome| votes().exit((), outcome).await.map_err(Into::into)
            ))
            .await
        );
        assert!(!suppressed(suppress::<io::Error>()).await);
        assert!(!suppressed(()).await, "an empty group votes no");
        assert!(!suppressed((Vec::<()>::new(), None::<()>)).await);
        assert!(!suppressed(adopt((), async |(), _| Ok(()))).await);
    });
}

/// The same in a stack and a pool, of a member that came while the body ran.
#[test]
fn a_member_of_a_set_votes() {
    block_on(async {
        let value = Scope::new((ExitStack::new(), ExitPool::new()))
            .run_or_suppress(async |(stack, pool)| {
                stack.enter(()).await?;
                pool.enter(suppress::<fmt::Error>()).await?;
                fails(&mut ()).await
            })
            .await;
        assert!(matches!(value, Ok(None)));
    });
}

/// Nobody's vote hides a value, and plain `run` never hides an error.
#[test]
fn votes_count_only_where_they_are_asked_for() {
    block_on(async {
        assert_eq!(Scope::new(votes()).run_or_suppress(async |()| anyhow::Ok(1)).await.unwrap(), Some(1));
        assert!(votes().scope(fails).await.unwrap_err().is::<fmt::Error>());
        assert!(Scope::new(votes()).run(fails).await.is_err());
        assert!(Scope::new(votes()).run_local(async |guard| fails(guard).await).await.is_err());
        let report = Scope::new(votes()).report(fails).await;
        assert!(report.body.unwrap().is_err());
    });
}

/// Who asks for a report gets the votes, and decides.
#[test]
fn a_report_has_the_votes() {
    block_on(async {
        assert!(Scope::new(votes()).report(fails).await.suppressed);
        assert!(Scope::new(votes()).report_local(async |guard| fails(guard).await).await.suppressed);
        assert!(!Scope::new(votes()).report(async |()| Ok::<_, BoxError>(1)).await.suppressed, "nothing to vote on");
        assert!(!Scope::new(()).report(fails).await.suppressed);
        assert!(!Scope::new(()).report_local(async |guard| fails(guard).await).await.suppressed);
        let stuck = defer(async |_| Err("stuck".into()));
        let report = Scope::new((votes(), stuck)).report(async |_| fails(&mut ()).await).await;
        assert!(report.suppressed && report.failures.len() == 1, "both are there");
    });
}

/// A body that stays on its thread is voted on, too, by members that do not ask which error it is.
#[test]
fn votes_count_for_a_local_body() {
    async fn suppressed<R: Resource<Guard: 'static> + 'static>(resource: R) -> bool {
        suppressed_boxed(resource.boxed()).await
    }
    async fn suppressed_boxed<G: Send + 'static>(resource: BoxResource<'static, G>) -> bool {
        let shared = std::rc::Rc::new(1_u8);
        let scope = Scope::new(resource).run_or_suppress_local(async |guard| {
            let here = std::rc::Rc::clone(&shared);
            std::future::ready(()).await;
            fails(guard).await.map(|value| value + *here)
        });
        scope.await.is_ok_and(|value| value.is_none())
    }
    let ledger = Ledger::new();
    let broken = |exit| ledger.member(0, Script { enter: READY, exit });
    block_on(async {
        assert!(suppressed(votes()).await);
        assert!(suppressed(((), (votes(), [(), ()]).in_order().boxed())).await);
        assert!(suppressed(((), Some(votes())).map_err(|failures| failures)).await);
        assert!(suppressed(around(async |lend| lend.through(votes()).await.map(|_| ()))).await);
        assert!(!suppressed(()).await);
        assert!(!suppressed(suppress::<fmt::Error>()).await, "it is not shown the error");
        assert!(!suppressed((votes(), broken(Step::error()))).await, "a failed exit outweighs every vote");
        let panics = suppressed((votes(), broken(Step::panic())));
        assert!(futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(panics)).await.is_err());
        let fine = Scope::new(votes()).run_or_suppress_local(async |()| anyhow::Ok(1)).await;
        assert_eq!(fine.unwrap(), Some(1));
        let cancelled = Scope::new(votes()).until(async {}).run_or_suppress_local(async |()| anyhow::Ok(1)).await;
        assert!(cancelled.is_err());
        let reaper = withal::Reaper::new(drop);
        let on_reaper = Scope::new(votes()).on(&reaper).run_or_suppress_local(async |guard| fails(guard).await);
        assert!(matches!(on_reaper.await, Ok(None)));
    });
}

/// A failed exit outweighs every vote, and so does a panic.
#[test]
fn a_failed_exit_outweighs_every_vote() {
    let ledger = Ledger::new();
    let broken = |exit| ledger.member(0, Script { enter: READY, exit });
    block_on(async {
        let members = (votes(), broken(Step::error()), votes());
        let error = Scope::new(members).run_or_suppress(async |_| Err::<(), _>(anyhow::anyhow!("the body's"))).await;
        let error = error.unwrap_err().downcast::<withal::ScopeError>().unwrap();
        assert_eq!(
            (error.kind(), error.body().unwrap().to_string()),
            (ScopeErrorKind::BodyAndExit, "the body's".into())
        );
        let panics = Scope::new((votes(), broken(Step::panic()))).run_or_suppress(async |_| fails(&mut ()).await);
        assert!(futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(panics)).await.is_err());
    });
}

/// Only the body's error can be suppressed: no failed enter, no panic, no cancellation.
#[test]
fn nothing_else_can_be_suppressed() {
    fn votes_for_all() -> impl Resource<Guard = ()> {
        defer(async |outcome| {
            if let Outcome::Failed(cause) | Outcome::EnterFailed(cause) = outcome {
                cause.suppress();
            }
            Ok(())
        })
    }
    let ledger = Ledger::new();
    block_on(async {
        let broken = ledger.member(0, Script { enter: Step::error(), exit: READY });
        let entered = Scope::new((votes_for_all(), broken)).run_or_suppress(async |_| anyhow::Ok(())).await;
        assert!(entered.is_err());
        let cancelled = Scope::new(votes_for_all()).until(async {}).run_or_suppress(async |()| anyhow::Ok(())).await;
        assert!(cancelled.is_err());
        let panicked =
            Scope::new(votes_for_all()).run_or_suppress(async |()| -> anyhow::Result<()> { panic!("on purpose") });
        assert!(futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(panicked)).await.is_err());
    });
}

/// On a reaper the scope still asks for votes.
#[test]
fn votes_count_on_a_reaper() {
    let reaper = withal::Reaper::new(drop);
    let value = block_on(Scope::new(suppress::<fmt::Error>()).on(&reaper).run_or_suppress(fails));
    assert!(matches!(value, Ok(None)));
}

/// `suppress` looks into boxes, and into an `anyhow::Error`.
#[test]
fn suppress_looks_inside() {
    block_on(async {
        let body = async |(): &mut ()| Err::<(), _>(anyhow::Error::from(fmt::Error).context("while it was written"));
        let hidden = Scope::new(suppress::<fmt::Error>()).run_or_suppress(body).await;
        assert!(hidden.is_ok_and(|value| value.is_none()), "behind a context, too");
        let body = async |(): &mut ()| Err::<(), _>(anyhow::Error::from(fmt::Error));
        assert!(Scope::new(suppress::<fmt::Error>()).run_or_suppress(body).await.is_ok());
        assert!(Scope::new(suppress::<io::Error>()).run_or_suppress(body).await.is_err());
    });
}

/// A member that the body could not enter fails with the scope's error: it counts as what it is made of.
#[test]
fn an_error_of_a_scope_is_what_it_is_made_of() {
    async fn suppressed<X: std::error::Error + Send + Sync + 'static>(inner: impl Resource) -> bool {
        let scope = Scope::new((suppress::<X>(), ExitStack::new())).run_or_suppress(async |((), stack)| {
            stack.enter(inner).await?;
            Ok::<_, BoxError>(())
        });
        scope.await.is_ok_and(|value| value.is_none())
    }
    let ledger = Ledger::new();
    let fails = |id| ledger.member(id, Script { enter: Step::error(), exit: READY });
    let also_fmt = || fails(0).map_err(|_| fmt::Error);
    block_on(async {
        assert!(suppressed::<ScriptedError>(fails(0)).await);
        assert!(suppressed::<ScriptedError>([fails(0), fails(1)]).await);
        assert!(!suppressed::<ScriptedError>((fails(0), also_fmt())).await, "one of them is not");
        assert!(!suppressed::<fmt::Error>(fails(0)).await);
        let inside =
            Scope::new((suppress::<ScriptedError>(), ExitStack::new())).run_or_suppress(async |((), stack)| {
                stack.enter(fails(0)).await?;
                anyhow::Ok(())
            });
        assert!(inside.await.is_ok_and(|value| value.is_none()), "inside an `anyhow::Error`, too");
        let cancelled = Scope::new(suppress::<ScriptedError>())
            .run_or_suppress(async |()| Scope::new(()).until(async {}).run(async |()| Ok::<_, BoxError>(())).await);
        assert!(cancelled.await.is_err(), "a cancelled scope has nothing to suppress");
    });
}
