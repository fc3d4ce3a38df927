//! Tests as a user of real servers writes them: each gets a pair of its own from one line, all run at the same time,
//! and a test that fails leaves as little behind as one that passes.

use crate::members::log::Log;
use crate::members::postgres::{Database, Postgres};
use crate::members::programs::Programs;
use crate::members::redis::{Cache, Redis};
use redis::AsyncCommands;
use withal::{Resource, ResourceExt};

/// The fixture.
fn servers() -> impl Resource<Guard = (Database, Cache)> {
    let programs = Programs::find().unwrap_or_else(|missing| panic!("{missing}"));
    let (parent, log) = (std::env::temp_dir(), Log::new(|_, _| {}));
    (Postgres::new(&programs, &parent, &log), Redis::new(&programs, &parent, &log))
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn an_order_has_an_item() -> anyhow::Result<()> {
    servers()
        .scope(async |(database, _)| {
            let session = database.connect().await?;
            let nameless = session.execute("INSERT INTO orders (fence) VALUES (1)", &[]).await.unwrap_err();
            assert_eq!(nameless.code(), Some(&tokio_postgres::error::SqlState::NOT_NULL_VIOLATION));
            Ok(())
        })
        .await
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn orders_are_numbered() -> anyhow::Result<()> {
    servers()
        .scope(async |(database, _)| {
            let session = database.connect().await?;
            let insert = "INSERT INTO orders (item, fence) VALUES ('tea', 1), ('milk', 1) RETURNING id";
            let ids: Vec<i64> = session.query(insert, &[]).await?.iter().map(|row| row.get(0)).collect();
            assert_eq!(ids, [1, 2]);
            Ok(())
        })
        .await
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn a_counter_counts() -> anyhow::Result<()> {
    servers()
        .scope(async |(_, cache)| {
            let mut connection = cache.connect().await?;
            let counts: [u64; 2] = [connection.incr("visits", 1).await?, connection.incr("visits", 1).await?];
            assert_eq!(counts, [1, 2]);
            Ok(())
        })
        .await
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn a_pair_is_new() -> anyhow::Result<()> {
    servers()
        .scope(async |(database, cache)| {
            let orders: i64 = database.connect().await?.query_one("SELECT count(*) FROM orders", &[]).await?.get(0);
            let visits: Option<u64> = cache.connect().await?.get("visits").await?;
            assert_eq!((orders, visits), (0, None));
            Ok(())
        })
        .await
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn orders_are_cached() -> anyhow::Result<()> {
    servers()
        .scope(async |(database, cache)| {
            let (session, mut connection) = (database.connect().await?, cache.connect().await?);
            session.execute("INSERT INTO orders (item, fence) VALUES ('tea', 1)", &[]).await?;
            let item: String = session.query_one("SELECT item FROM orders", &[]).await?.get(0);
            let _: () = connection.set("order:1", &item).await?;
            assert_eq!(connection.get::<_, String>("order:1").await?, "tea");
            Ok(())
        })
        .await
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
#[should_panic(expected = "as it was asked to")]
async fn a_test_fails() {
    let failed = servers().scope(async |_| -> anyhow::Result<()> { panic!("this test fails, as it was asked to") });
    failed.await.expect("it does not get here");
}
