//! A pool of sqlx, and transactions that own a connection of it, each of which ends as its scope does.

use crate::members::postgres::Database;
use crate::members::session::Session;
use crate::stage::{Stage, in_time};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};
use std::collections::BTreeSet;
use std::future::{pending, poll_fn};
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use tokio::sync::oneshot;
use tokio_postgres::config::Host;
use withal::{BoxError, Outcome, Reaper, Resource, ResourceExt, Scope, adopt, resource};

const ROUNDS: usize = 200;

type Transaction = sqlx::Transaction<'static, Postgres>;

/// The rows whose commit has succeeded.
type Committed = Arc<Mutex<BTreeSet<i64>>>;

fn pool(database: &Database) -> impl Resource<Guard = PgPool> + use<> {
    let [Host::Unix(socket)] = database.config().get_hosts() else { panic!("it listens in its directory") };
    let options = PgConnectOptions::new_without_pgpass().socket(socket).port(5432).username("postgres");
    resource(
        async move || Ok(PgPoolOptions::new().max_connections(2).connect_with(options).await?),
        async |pool, _| {
            pool.close().await;
            Ok(())
        },
    )
}

fn transaction(pool: PgPool, row: i64, committed: &Committed) -> impl Resource<Guard = Transaction> + use<> {
    let committed = Arc::clone(committed);
    resource(
        async move || Ok(pool.begin().await?),
        async move |mut transaction: Transaction, outcome| {
            if let Outcome::Completed = outcome {
                // After a statement that failed, COMMIT rolls back, and sqlx calls that a success. A query fails then.
                sqlx::query("SELECT").execute(&mut *transaction).await?;
                transaction.commit().await?;
                committed.lock().unwrap().insert(row);
            } else {
                transaction.rollback().await?;
            }
            Ok(())
        },
    )
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Completed,
    Failed,
    Panicked,
    /// The signal of `until`, in any phase.
    Signal,
    /// The future is dropped, in any phase, and its reaper finishes it.
    Reaped,
    /// The future is dropped in the body, and nobody finishes it.
    Dropped,
}

const ENDS: [End; 6] = [End::Completed, End::Failed, End::Panicked, End::Signal, End::Reaped, End::Dropped];

/// Runs one scope to its end.
async fn run(
    pool: impl Resource<Guard = PgPool> + 'static,
    end: End,
    round: usize,
    committed: &Committed,
    reaper: &Reaper,
) {
    let committed = Arc::clone(committed);
    let row = i64::try_from(round).expect("it is small");
    let members = pool.then(move |pool| transaction(pool.clone(), row, &committed));
    let (in_body, reached_body) = oneshot::channel();
    let body = async move |(_, transaction): &mut (PgPool, Transaction)| {
        let insert = sqlx::query("INSERT INTO orders (item, fence) VALUES ('tea', $1)").bind(row);
        insert.execute(&mut **transaction).await?;
        in_body.send(()).ok();
        match end {
            End::Failed => Err("sold out".into()),
            // It reaches no panic hook.
            End::Panicked => resume_unwind(Box::new(round)),
            End::Dropped => pending().await,
            _ => Ok::<_, BoxError>(()),
        }
    };
    // Some rounds end while the transaction begins, some in the body, some in the commit.
    let polls = polls(round % 20);
    match end {
        End::Completed => members.scope(body).await.expect("it commits"),
        End::Failed => assert_eq!(members.scope(body).await.unwrap_err().to_string(), "sold out"),
        End::Panicked => {
            let panic = tokio::spawn(members.scope(body)).await.unwrap_err().into_panic();
            assert_eq!(panic.downcast_ref(), Some(&round));
        }
        End::Signal => drop(Scope::new(members).until(polls).run(body).await),
        End::Reaped => {
            let scope = Scope::new(members).on(reaper).run(body);
            tokio::select! { biased; () = polls => {}, ended = scope => ended.expect("it commits") }
        }
        End::Dropped => {
            let scope = members.scope(body);
            tokio::select! { _ = reached_body => {}, ended = scope => panic!("{ended:?}") }
        }
    }
}

/// Is ready when it has been polled so many times, by a task that is woken for other reasons.
fn polls(mut times: usize) -> impl Future<Output = ()> + Send {
    poll_fn(move |_| {
        let is_over = times == 0;
        times = times.saturating_sub(1);
        if is_over { Poll::Ready(()) } else { Poll::Pending }
    })
}

/// Checks that what was committed is there, and no other row.
async fn expect_rows(session: &Session, committed: &Committed) {
    let rows = session.query("SELECT fence FROM orders ORDER BY fence", &[]).await.expect("it answers");
    let rows: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(rows, committed.lock().unwrap().iter().copied().collect::<Vec<_>>());
}

async fn open_transactions(session: &Session) -> i64 {
    let open = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
    session.query_one(open, &[]).await.expect("it answers").get(0)
}

fn rounds(end: End) -> Range<usize> {
    let first = end as usize * ROUNDS;
    first..first + ROUNDS
}

fn reaper() -> Reaper {
    Reaper::new(|task| drop(tokio::spawn(task))).on_failure(|reaped| panic!("{reaped:?}"))
}

/// Each connection is used again, and a transaction that was left open on it would show.
#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn transactions_of_one_pool_are_over() -> anyhow::Result<()> {
    let (stage, reaper, committed) = (Stage::new(), reaper(), Committed::default());
    let all = stage.postgres().then(|database| pool(database)).scope(async |(database, pool)| {
        let session = database.connect().await?;
        for end in ENDS {
            let before = committed.lock().unwrap().len();
            for round in rounds(end) {
                run(adopt(pool.clone(), async |_, _| Ok(())), end, round, &committed, &reaper).await;
            }
            reaper.idle().await;
            // Nobody else has a connection, so each transaction is over.
            let connections = (pool.acquire().await?, pool.acquire().await?);
            assert_eq!(open_transactions(&session).await, 0, "{end:?}");
            drop(connections);
            expect_rows(&session, &committed).await;
            let new = committed.lock().unwrap().len() - before;
            match end {
                End::Completed => assert_eq!(new, ROUNDS),
                End::Failed | End::Panicked | End::Dropped => assert_eq!(new, 0, "{end:?}"),
                End::Signal | End::Reaped => assert!((1..ROUNDS).contains(&new), "{end:?}: {new} of {ROUNDS}"),
            }
        }
        anyhow::Ok(())
    });
    in_time(all).await?;
    stage.expect_empty();
    Ok(())
}

/// Each pool is closed after its transaction, or dropped with it.
#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn transactions_of_many_pools_are_over() -> anyhow::Result<()> {
    let (stage, reaper, committed) = (Stage::new(), reaper(), Committed::default());
    let all = stage.postgres().scope(async |database| {
        for end in ENDS {
            for round in rounds(end).step_by(7) {
                run(pool(database), end, round, &committed, &reaper).await;
            }
        }
        reaper.idle().await;
        let session = database.connect().await?;
        // The server takes a moment to notice that a client was dropped.
        while open_transactions(&session).await > 0 {}
        expect_rows(&session, &committed).await;
        anyhow::Ok(())
    });
    in_time(all).await?;
    stage.expect_empty();
    Ok(())
}

/// A body that goes on after a failed statement: its end is not a success.
#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn a_failed_transaction_is_not_committed() -> anyhow::Result<()> {
    let (stage, committed) = (Stage::new(), Committed::default());
    let all = stage.postgres().then(|database| pool(database)).scope(async |(database, pool)| {
        let failed = transaction(pool.clone(), 1, &committed).named("transaction").scope(async |transaction| {
            sqlx::query("INSERT INTO orders (item, fence) VALUES ('tea', 1)").execute(&mut **transaction).await?;
            let nameless = sqlx::query("INSERT INTO orders (fence) VALUES (2)").execute(&mut **transaction).await;
            assert!(nameless.is_err());
            anyhow::Ok(())
        });
        let error = failed.await.unwrap_err().to_string();
        assert!(error.starts_with("could not exit transaction: "), "{error}");
        let session = database.connect().await?;
        expect_rows(&session, &committed).await;
        assert_eq!(open_transactions(&session).await, 0);
        assert!(committed.lock().unwrap().is_empty());
        anyhow::Ok(())
    });
    in_time(all).await?;
    stage.expect_empty();
    Ok(())
}
