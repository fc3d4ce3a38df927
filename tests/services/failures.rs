//! Members that fail: the others are rolled back, and all of it is told.

use crate::left::Place;
use crate::members::lease::{LeaseError, lease};
use crate::members::programs::Programs;
use crate::members::session::SqlError;
use crate::members::transaction::Transaction;
use crate::outcomes::{LEASE, LONG, Seen, insert, look};
use crate::stage::{Stage, in_time};
use redis::{AsyncCommands, RedisError};
use std::fs::{self, Permissions};
use std::future::pending;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use tokio_postgres::error::SqlState;
use withal::{Phase, ResourceExt, ScopeError, ScopeErrorKind, resource};

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn a_lease_of_another_rolls_the_rest_back() -> anyhow::Result<()> {
    let stage = Stage::new();
    let all = stage.servers().scope(async |(database, cache)| {
        let _: () = cache.connect().await?.set(LEASE, "another's").await?;
        let members = (Transaction::on(database, &stage.log), lease(cache, LEASE, LONG, &stage.log));
        let error = members.scope(async |_| Ok::<(), ScopeError>(())).await.unwrap_err();
        assert_eq!(error.kind(), ScopeErrorKind::Enter);
        let failure = error.failures().first().expect("there is one");
        assert_eq!((failure.path(), failure.name(), failure.phase()), (&[1][..], "lease", Phase::Enter));
        assert!(matches!(failure.error().downcast_ref(), Some(LeaseError::Taken(LEASE))), "{error}");

        assert_eq!(stage.count("rolled back, outcome EnterFailed"), 1, "{}", stage.said());
        let lease = Some("another's".to_owned());
        assert_eq!(look(database, cache).await?, Seen { orders: 0, open_transactions: 0, lease });
        anyhow::Ok(())
    });
    in_time(all).await?;
    stage.expect_empty();
    Ok(())
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn a_lease_that_was_lost_is_left_to_who_has_it() -> anyhow::Result<()> {
    let stage = Stage::new();
    let all = stage.servers().scope(async |(database, cache)| {
        let mut connection = cache.connect().await?;
        let lease = |time| lease(cache, LEASE, time, &stage.log);
        let thief = Some("thief".to_owned());

        // It is not renewed before its exit, which finds out when the transaction is committed.
        let members = (lease(LONG), Transaction::on(database, &stage.log)).in_order();
        let error = members.scope(async |(_, transaction)| {
            insert(transaction).await?;
            let _: () = connection.set(LEASE, "thief").await?;
            anyhow::Ok(())
        });
        let error = error.await.unwrap_err();
        assert_eq!(error.to_string(), "could not exit [0] lease: orders has run out, and may be another's");
        assert_eq!(look(database, cache).await?, Seen { orders: 1, open_transactions: 0, lease: thief.clone() });
        let _: () = connection.del(LEASE).await?;

        // It is renewed: the body is dropped, and the transaction is rolled back.
        let members = (lease(Duration::from_millis(300)), Transaction::on(database, &stage.log)).in_order();
        let error = members.scope(async |(_, transaction)| {
            insert(transaction).await?;
            let _: () = connection.set(LEASE, "thief").await?;
            pending::<anyhow::Result<()>>().await
        });
        let error = error.await.unwrap_err().downcast::<ScopeError>()?;
        assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
        assert_eq!(error.to_string(), "[0] lease failed: orders has run out, and may be another's");
        assert_eq!(stage.count("rolled back, outcome MemberFailed"), 1, "{}", stage.said());
        assert_eq!(look(database, cache).await?, Seen { orders: 1, open_transactions: 0, lease: thief });
        anyhow::Ok(())
    });
    in_time(all).await?;
    stage.expect_empty();
    Ok(())
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn a_lease_is_renewed_while_others_enter_and_exit() -> anyhow::Result<()> {
    let stage = Stage::new();
    let all = stage.servers().scope(async |(_, cache)| {
        let connection = cache.connect().await?;
        // It is renewed when its time is its own again.
        let renewed = async || {
            let mut connection = connection.clone();
            let _: () = connection.pexpire(LEASE, 600_000).await?;
            while connection.pttl::<_, i64>(LEASE).await? > 6000 {}
            Ok::<_, RedisError>(())
        };
        let lease = lease(cache, LEASE, Duration::from_secs(6), &stage.log);
        let slow = resource(async || Ok(renewed().await?), async |(), _| Ok(renewed().await?));
        (lease, slow).in_order().scope(async |_| anyhow::Ok(renewed().await?)).await?;
        assert_eq!(cache.connect().await?.get::<_, Option<String>>(LEASE).await?, None);
        anyhow::Ok(())
    });
    in_time(all).await?;
    stage.expect_empty();
    Ok(())
}

/// A commit takes until it is cancelled. Meanwhile the key of the lease is deleted.
#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn a_lease_that_is_lost_in_a_slow_commit_cancels_it() -> anyhow::Result<()> {
    let stage = Stage::new();
    let all = stage.servers().scope(async |(database, cache)| {
        let session = database.connect().await?;
        let slow = "CREATE FUNCTION slow() RETURNS trigger AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END'
                LANGUAGE plpgsql;
            CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION slow()";
        session.batch_execute(slow).await?;

        let transaction = Transaction::on(database, &stage.log);
        let lease = lease(cache, LEASE, Duration::from_millis(600), &stage.log);
        let members = lease.then(move |lease| transaction.clone().under(lease));
        let committed = members.scope(async |(_, transaction)| anyhow::Ok(insert(transaction).await?));
        let deleted = async {
            let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
            while session.query_one(sleeping, &[]).await?.get::<_, i64>(0) == 0 {}
            anyhow::Ok(cache.connect().await?.del::<_, u64>(LEASE).await?)
        };
        let (committed, deleted) = tokio::join!(committed, deleted);
        assert_eq!(deleted?, 1, "it was renewed until then");
        let error = committed.unwrap_err().downcast::<ScopeError>()?;
        let lost = "orders has run out, and may be another's";
        assert_eq!(error.to_string(), format!("[0] lease failed: {lost}; could not exit [1] Transaction: {lost}"));
        assert_eq!(stage.count("rolled back, outcome Completed"), 1, "{}", stage.said());
        assert_eq!(look(database, cache).await?, Seen { orders: 0, open_transactions: 0, lease: None });
        anyhow::Ok(())
    });
    in_time(all).await?;
    stage.expect_empty();
    Ok(())
}

/// The body ends before the loss is noticed.
#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn a_transaction_is_not_committed_on_a_lost_lease() -> anyhow::Result<()> {
    let stage = Stage::new();
    let all = stage.servers().scope(async |(database, cache)| {
        let mut connection = cache.connect().await?;
        let transaction = Transaction::on(database, &stage.log);
        let lease = lease(cache, LEASE, LONG, &stage.log);
        let members = lease.then(move |lease| transaction.clone().under(lease));
        let error = members.scope(async |(_, transaction)| {
            insert(transaction).await?;
            let _: () = connection.set(LEASE, "thief").await?;
            anyhow::Ok(())
        });
        let report = error.await.unwrap_err().downcast::<ScopeError>()?;
        assert_eq!(report.failures().len(), 2, "{report}");
        for (path, failure) in [[0], [1]].iter().zip(report.failures()) {
            assert_eq!(failure.path(), path, "{report}");
            assert!(matches!(failure.error().downcast_ref(), Some(LeaseError::Lost(LEASE))), "{report}");
        }
        assert_eq!(stage.count("rolled back, outcome Completed"), 1, "{}", stage.said());
        let lease = Some("thief".to_owned());
        assert_eq!(look(database, cache).await?, Seen { orders: 0, open_transactions: 0, lease });
        anyhow::Ok(())
    });
    in_time(all).await?;
    stage.expect_empty();
    Ok(())
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn a_commit_that_fails_is_told() -> anyhow::Result<()> {
    let stage = Stage::new();
    let all = stage.servers().scope(async |(database, cache)| {
        let transaction = || Transaction::on(database, &stage.log);
        let told = |error: &ScopeError| {
            assert_eq!(error.kind(), ScopeErrorKind::Exit);
            let failure = error.failures().first().expect("there is one");
            let SqlError(error) = failure.error().downcast_ref().expect("it is the member's own");
            error.code().cloned()
        };

        // This one is checked at the end alone.
        let unique = "ALTER TABLE orders ADD UNIQUE (item) DEFERRABLE INITIALLY DEFERRED";
        database.connect().await?.batch_execute(unique).await?;
        let twice = transaction().scope(async |transaction| {
            insert(transaction).await?;
            insert(transaction).await?;
            anyhow::Ok(())
        });
        let error = twice.await.unwrap_err().downcast::<ScopeError>()?;
        assert_eq!(told(&error), Some(SqlState::UNIQUE_VIOLATION), "{error}");
        assert!(error.to_string().contains("duplicate key value"), "{error}");

        // A body that goes on after a statement has failed has nothing to commit.
        let ignored = transaction().scope(async |transaction| {
            insert(transaction).await?;
            transaction.batch_execute("SELECT nothing").await.unwrap_err();
            anyhow::Ok(())
        });
        let error = ignored.await.unwrap_err().downcast::<ScopeError>()?;
        assert_eq!(told(&error), Some(SqlState::IN_FAILED_SQL_TRANSACTION), "{error}");

        assert_eq!(stage.count("rolled back, outcome Completed"), 2, "{}", stage.said());
        assert_eq!(look(database, cache).await?, Seen { orders: 0, open_transactions: 0, lease: None });
        anyhow::Ok(())
    });
    in_time(all).await?;
    stage.expect_empty();
    Ok(())
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn a_server_that_does_not_start_is_told_with_its_own_words() -> anyhow::Result<()> {
    let bad = Place::new();
    let program = bad.path().join("program");
    fs::write(&program, "#!/bin/sh\necho no luck\necho out of disk >&2\nexit 1")?;
    fs::set_permissions(&program, Permissions::from_mode(0o755))?;
    let ended = "ended with exit status: 1: out of disk";
    for (which, told) in [
        ("initdb", format!("could not enter [0] Postgres: initdb {ended}")),
        ("postgres", format!("could not enter [0] Postgres: {ended}")),
        ("redis-server", format!("could not enter [1] Redis: {ended}")),
    ] {
        let mut stage = Stage::new();
        let Programs { initdb, postgres, redis_server, .. } = &mut stage.programs;
        let programs = [initdb, postgres, redis_server];
        *programs.into_iter().find(|path| path.ends_with(which)).expect("it is there") = program.clone();
        let error = in_time(stage.servers().scope(async |_| anyhow::Ok(()))).await.unwrap_err();
        assert_eq!(error.to_string(), told);
        assert_eq!(stage.count("told to stop, outcome EnterFailed"), 1, "{}", stage.said());
        stage.expect_empty();
    }
    Ok(())
}
