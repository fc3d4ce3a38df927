//! A client and the connection behind it as one member that works: no task is spawned for it.

use crate::members::postgres::Database;
use crate::stage::{Stage, in_time};
use std::future::pending;
use std::sync::Arc;
use tokio_postgres::{Client, NoTls};
use withal::{BoxError, Outcome, Phase, Resource, ResourceExt, ScopeError, ScopeErrorKind, adopt, background};

fn client(database: &Database) -> impl Resource<Guard = Arc<Client>, Error = BoxError> + use<> {
    let config = database.config().clone();
    background(async move |startup| {
        let (client, connection) = config.connect(NoTls).await?;
        let _stop = startup.ready(Arc::new(client));
        Ok(connection.await?)
    })
}

/// The exit of another member needs the connection: law `attended`.
#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn exits_of_others_use_the_connection() -> anyhow::Result<()> {
    let stage = Stage::new();
    let all = stage.servers().scope(async |(database, _)| {
        for commits in [true, false] {
            let session = client(database).then(|client| {
                let client = Arc::clone(client);
                adopt((), async move |(), outcome| {
                    let end = if matches!(outcome, Outcome::Completed) { "COMMIT" } else { "ROLLBACK" };
                    Ok(client.batch_execute(end).await?)
                })
            });
            let ended = session.scope(async |(client, ())| {
                client.batch_execute("BEGIN; INSERT INTO orders (item, fence) VALUES ('tea', 1)").await?;
                if commits { Ok(()) } else { Err(anyhow::anyhow!("sold out")) }
            });
            assert_eq!(ended.await.is_ok(), commits);
            let orders = client(database).scope(async |client| {
                let row = client.query_one("SELECT count(*) FROM orders", &[]).await?;
                anyhow::Ok(row.get::<_, i64>(0))
            });
            assert_eq!(orders.await?, 1, "the first commits, the second rolls back");
        }
        anyhow::Ok(())
    });
    in_time(all).await?;
    stage.expect_empty();
    Ok(())
}

/// The server ends the connection: laws `death-stops-the-body`, `death-is-first`.
#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn connection_that_the_server_ends_stops_the_body() -> anyhow::Result<()> {
    let stage = Stage::new();
    let all = stage.servers().scope(async |(database, _)| {
        let ended = client(database).named("database").scope(async |client| {
            client.batch_execute("SELECT pg_terminate_backend(pg_backend_pid())").await.ok();
            pending::<Result<(), BoxError>>().await
        });
        let error = ended.await.unwrap_err().downcast::<ScopeError>().expect("it is the scope's");
        assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
        let first = error.failures().first().expect("it failed");
        assert_eq!((first.name(), first.phase()), ("database", Phase::Up));
        anyhow::Ok(())
    });
    in_time(all).await?;
    stage.expect_empty();
    Ok(())
}
