//! A transaction that ends as its scope does.

use super::lease::Held;
use super::log::Log;
use super::postgres::Database;
use super::session::{Session, SqlError};
use std::future::pending;
use std::pin::pin;
use tokio_postgres::{Config, NoTls};
use withal::{BoxError, Outcome, Resource};

const NAME: &str = "transaction";

/// Commits if the body completes, and else rolls back. It has a connection of its own, which is its guard: when that is
/// dropped, the server rolls back.
#[derive(Clone)]
pub(crate) struct Transaction {
    config: Config,
    log: Log,
    lease: Option<Held>,
}

impl Transaction {
    /// Prepares for one on this database.
    pub(crate) fn on(database: &Database, log: &Log) -> Self {
        Self { config: database.config().clone(), log: log.clone(), lease: None }
    }

    /// Has it commit only while this lease is ours.
    pub(crate) fn under(self, lease: &Held) -> Self {
        Self { lease: Some(lease.clone()), ..self }
    }

    async fn commit(&mut self, session: &Session) -> Result<(), BoxError> {
        if let Some(lease) = &mut self.lease {
            lease.renew().await?;
        }
        // If a statement has failed and the body went on, Postgres rolls back on COMMIT, and calls that a success. A
        // query before it fails then.
        let mut commit = pin!(session.batch_execute("SELECT; COMMIT"));
        let lost = async {
            match &mut self.lease {
                Some(lease) => lease.lost().await,
                None => pending().await,
            }
        };
        let lost = tokio::select! {
            biased;
            committed = &mut commit => return Ok(committed.map_err(SqlError)?),
            lost = lost => lost,
        };
        // A commit that takes long is cancelled. It may have been done by then, and what it returns tells.
        session.cancel_token().cancel_query(NoTls).await.map_err(SqlError)?;
        Ok(commit.await.map_err(|_| lost)?)
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
        let committed = match outcome {
            Outcome::Completed => Some(self.commit(&session).await),
            _ => None,
        };
        let (done, ended) = match &committed {
            Some(Ok(())) => ("committed", Ok(())),
            _ => ("rolled back", session.batch_execute("ROLLBACK").await.map_err(SqlError)),
        };
        let closed = session.close().await;
        self.log.add(NAME, format_args!("{}, outcome {:?}", if ended.is_ok() { done } else { "lost" }, outcome.kind()));
        committed.transpose()?;
        Ok(ended.and(closed)?)
    }
}
