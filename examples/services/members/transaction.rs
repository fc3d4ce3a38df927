//! A transaction that ends as its scope does.

use super::lease::{Held, Holder};
use super::log::Log;
use super::postgres::Database;
use super::session::{Session, SqlError};
use tokio_postgres::Config;
use withal::{BoxError, Outcome, Resource};

const NAME: &str = "transaction";

/// Commits if the body completes, and else rolls back. It has a connection of its own, which is its guard: when that is
/// dropped, the server rolls back.
#[derive(Clone)]
pub(crate) struct Transaction {
    config: Config,
    log: Log,
    lease: Option<Holder>,
}

impl Transaction {
    /// Prepares for one on this database.
    pub(crate) fn on(database: &Database, log: &Log) -> Self {
        Self { config: database.config().clone(), log: log.clone(), lease: None }
    }

    /// Has it commit only if this lease is ours then. The lease is renewed for that, so that it lasts for the commit.
    pub(crate) fn under(self, lease: &Held) -> Self {
        Self { lease: Some(lease.holder()), ..self }
    }
}

impl Resource for Transaction {
    type Guard = Session;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<Session, BoxError> {
        let session = Session::open(&self.config).await?;
        session.batch_execute("BEGIN").await?;
        self.log.add(NAME, format_args!("begun"));
        Ok(session)
    }

    async fn exit(&mut self, session: Session, outcome: Outcome<'_>) -> Result<(), BoxError> {
        let lease = match (&outcome, &mut self.lease) {
            (Outcome::Completed, Some(lease)) => lease.renew().await,
            _ => Ok(()),
        };
        let (command, done) = match outcome {
            // If a statement has failed and the body went on, Postgres rolls back on COMMIT, and calls that a success.
            // A query before it fails then.
            Outcome::Completed if lease.is_ok() => ("SELECT; COMMIT", "committed"),
            _ => ("ROLLBACK", "rolled back"),
        };
        let ended = session.batch_execute(command).await.map_err(SqlError);
        let closed = session.close().await;
        self.log.add(NAME, format_args!("{}, outcome {:?}", if ended.is_ok() { done } else { "lost" }, outcome.kind()));
        lease?;
        Ok(ended.and(closed)?)
    }
}
