//! Law `drop-any-time` with real servers: the scope is dropped in each phase, and nothing is left.

use crate::members::lease::{Held, lease};
use crate::members::postgres::Database;
use crate::members::redis::Cache;
use crate::members::session::Session;
use crate::members::transaction::Transaction;
use crate::stage::{Stage, in_time};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Builder;
use withal::{Reaper, Resource, ResourceExt, Scope};

type All = ((Database, Cache), (Held, Session));

/// The members of the example.
fn all(stage: &Stage) -> impl Resource<Guard = All> + use<> {
    let log = stage.log.clone();
    stage.servers().then(move |(database, cache)| {
        (lease(cache, "orders", Duration::from_secs(600), &log), Transaction::on(database, &log)).in_order()
    })
}

/// A body that goes on only if it is to be dropped.
async fn work(stage: &Stage, event: &str) -> anyhow::Result<()> {
    stage.log.add("body", format_args!("at work"));
    if event == AT_WORK { pending().await } else { Ok(()) }
}

const AT_WORK: &str = "body: at work";

async fn drop_at(event: &str) {
    let stage = Stage::new();
    tokio::select! {
        biased;
        () = stage.hears(event) => {}
        result = all(&stage).scope(async |_| work(&stage, event).await) => panic!("{result:?} before `{event}`"),
    }
    stage.expect_empty();
}

/// Dropped, it finishes all the same.
async fn drop_on_reaper_at(event: &str, outcome: &str, stops: usize) {
    let stage = Stage::new();
    let reaper = Reaper::new(|task| drop(tokio::spawn(task))).on_failure(|reaped| panic!("{reaped:?}"));
    let scope = Scope::new(all(&stage)).on(&reaper).run(async |_| work(&stage, event).await);
    tokio::select! {
        biased;
        () = stage.hears(event) => {}
        result = scope => panic!("{result:?} before `{event}`"),
    }
    reaper.idle().await;
    stage.expect_empty();
    assert_eq!((stage.count(&format!("outcome {outcome}")), stage.count("killed")), (stops, 0), "{}", stage.said());
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn while_members_enter() {
    in_time(async {
        for event in [
            "initdb started",
            "redis: ready",
            "initdb ended",
            "postgres: started",
            "postgres: ready",
            "lease: taken",
            "transaction: begun",
        ] {
            drop_at(event).await;
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn while_the_body_runs() {
    in_time(drop_at(AT_WORK)).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn while_members_exit() {
    in_time(async {
        for event in ["transaction: committed", "lease: released", "redis: told", "postgres: told"] {
            drop_at(event).await;
        }
    })
    .await;
}

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn while_the_runtime_ends() -> std::io::Result<()> {
    let stage = Arc::new(Stage::new());
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (scope, story) = (all(&stage), Arc::clone(&stage));
    runtime.spawn(scope.scope(async move |_| work(&story, AT_WORK).await));
    runtime.block_on(async { in_time(stage.hears(AT_WORK)).await });
    drop(runtime);
    stage.expect_empty();
    Ok(())
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn a_reaper_finishes_what_is_dropped() {
    in_time(async {
        drop_on_reaper_at("initdb started", "Cancelled", 2).await;
        drop_on_reaper_at(AT_WORK, "Cancelled", 4).await;
        drop_on_reaper_at("transaction: committed", "Completed", 4).await;
    })
    .await;
}
