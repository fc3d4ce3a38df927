//! A transaction that ends as its scope does.

use super::log::Log;
use super::postgres::Database;
use super::session::{Session, SqlError};
use tokio_postgres::Config;
use withal::{Outcome, Resource};

const NAME: &str = "transaction";

/// Commits if the body completes, and else rolls back. It has a connection of its own, which is its guard: when that is
/// dropped, the server rolls back.
pub(crate) struct Transaction {
    config: Config,
    log: Log,
}

impl Transaction {
    /// Prepares for one on this database.
    pub(crate) fn on(database: &Database, log: &Log) -> Self {
        Self { config: database.config().clone(), log: log.clone() }
    }
}

impl Resource for Transaction {
    type Guard = Session;
    type Error = SqlError;

    async fn enter(&mut self) -> Result<Session, SqlError> {
        let session = Session::open(&self.config).await?;
        session.batch_execute("BEGIN").await?;
        self.log.add(NAME, format_args!("begun"));
        Ok(session)
    }

    async fn exit(&mut self, session: Session, outcome: Outcome<'_>) -> Result<(), SqlError> {
        let (command, done) = match outcome {
            // If a statement has failed and the body went on, Postgres rolls back on COMMIT, and calls that a success.
            // A query before it fails then.
            Outcome::Completed => ("SELECT; COMMIT", "committed"),
            _ => ("ROLLBACK", "rolled back"),
        };
        let ended = session.batch_execute(command).await.map_err(SqlError);
        let closed = session.close().await;
        self.log.add(NAME, format_args!("{}, outcome {:?}", if ended.is_ok() { done } else { "lost" }, outcome.kind()));
        ended.and(closed)
    }
}
