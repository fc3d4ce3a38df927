//! One connection to a database.

use std::error::Error as _;
use std::fmt;
use std::ops::{Deref, DerefMut};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error, NoTls};

/// A client, and the task that carries what it says and hears. When this is dropped the task ends the connection, and
/// the server rolls back what was not committed.
pub(crate) struct Session {
    client: Client,
    connection: JoinHandle<Result<(), Error>>,
}

/// Says what the server said, which the client's own error leaves to its source.
#[derive(Debug)]
pub(crate) struct SqlError(pub(crate) Error);

impl From<Error> for SqlError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(error) = self;
        match error.source() {
            Some(source) => write!(f, "{error}: {source}"),
            None => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for SqlError {}

impl Session {
    pub(crate) async fn open(config: &Config) -> Result<Self, SqlError> {
        let (client, connection) = config.connect(NoTls).await?;
        Ok(Self { client, connection: tokio::spawn(connection) })
    }

    /// Says good-bye to the server, and waits until that is said.
    pub(crate) async fn close(self) -> Result<(), SqlError> {
        let Self { client, connection } = self;
        drop(client);
        // A task that is cancelled, with its runtime, has ended the connection too.
        Ok(connection.await.unwrap_or(Ok(()))?)
    }
}

impl Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}
