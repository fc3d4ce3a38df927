//! What is in the database, and who has the lease, after each outcome.

use crate::members::lease::lease;
use crate::members::postgres::Database;
use crate::members::redis::Cache;
use crate::members::session::Session;
use crate::members::transaction::Transaction;
use crate::stage::{Stage, in_time};
use futures::FutureExt;
use redis::AsyncCommands;
use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use withal::{ResourceExt, Scope};

pub(crate) const LEASE: &str = "orders";
pub(crate) const LONG: Duration = Duration::from_secs(600);

pub(crate) async fn insert(transaction: &Session) -> Result<u64, tokio_postgres::Error> {
    transaction.execute("INSERT INTO orders (item, fence) VALUES ('tea', 1)", &[]).await
}

/// What there is, for somebody else who looks at it.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) orders: i64,
    pub(crate) open_transactions: i64,
    pub(crate) lease: Option<String>,
}

pub(crate) async fn look(database: &Database, cache: &Cache) -> anyhow::Result<Seen> {
    let session = database.connect().await?;
    let number = async |query: &str| session.query_one(query, &[]).await.map(|row| row.get(0));
    let orders = number("SELECT count(*) FROM orders").await?;
    let query = "SELECT count(*) FROM pg_stat_activity
        WHERE xact_start IS NOT NULL AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let seen =
        Seen { orders, open_transactions: number(query).await?, lease: cache.connect().await?.get(LEASE).await? };
    session.close().await?;
    Ok(seen)
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn only_a_completed_body_commits() -> anyhow::Result<()> {
    let stage = Stage::new();
    let all = stage.servers().scope(async |(database, cache)| {
        let nothing = Seen { orders: 0, open_transactions: 0, lease: None };
        let log = &stage.log;
        let members = |time| (lease(cache, LEASE, time, log), Transaction::on(database, log)).in_order();

        let failed = members(LONG).scope(async |(_, transaction)| {
            insert(transaction).await?;
            // In the middle of it, others see the lease and the transaction, and no order yet.
            let seen = look(database, cache).await?;
            assert_eq!((seen.orders, seen.open_transactions, seen.lease.is_some()), (0, 1, true));
            Err::<(), _>(anyhow::anyhow!("sold out"))
        });
        assert_eq!(failed.await.unwrap_err().to_string(), "sold out");
        assert_eq!(look(database, cache).await?, nothing);

        let panicked = members(LONG).scope(async |(_, transaction)| -> anyhow::Result<()> {
            insert(transaction).await?;
            panic!("spilled")
        });
        let panic = AssertUnwindSafe(panicked).catch_unwind().await.unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"spilled"));
        assert_eq!(look(database, cache).await?, nothing);

        let inserted = |event| async move {
            log.add("body", format_args!("{event}"));
            pending::<anyhow::Result<()>>().await
        };
        let cancelled = Scope::new(members(LONG)).until(stage.hears("to be cancelled"));
        let cancelled = cancelled.run(async |(_, transaction)| {
            insert(transaction).await?;
            inserted("to be cancelled").await
        });
        assert_eq!(cancelled.await.unwrap_err().to_string(), "the scope was cancelled");
        assert_eq!(look(database, cache).await?, nothing);

        // Nothing can be awaited then. The server ends a transaction when its connection ends, and a lease with its
        // time.
        tokio::select! {
            biased;
            () = stage.hears("to be dropped") => {}
            _ = members(Duration::from_millis(500)).scope(async |(_, transaction)| {
                insert(transaction).await?;
                inserted("to be dropped").await
            }) => unreachable!(),
        }
        while look(database, cache).await? != nothing {}

        let outcomes = ["Failed", "Panicked", "Cancelled"].map(|outcome| stage.count(&format!("outcome {outcome}")));
        assert_eq!((outcomes, stage.count("rolled back")), ([2, 2, 2], 3), "{}", stage.said());

        members(LONG).scope(async |(_, transaction)| anyhow::Ok(insert(transaction).await?)).await?;
        assert_eq!(look(database, cache).await?, Seen { orders: 1, ..nothing });
        anyhow::Ok(())
    });
    in_time(all).await?;
    stage.expect_empty();
    Ok(())
}
