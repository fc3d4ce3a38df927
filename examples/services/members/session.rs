//! One connection to a database.

use std::ops::{Deref, DerefMut};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, Error, NoTls};

/// A client, and the task that carries what it says and hears. When this is dropped the task ends the connection, and
/// the server rolls back what was not committed.
pub(crate) struct Session {
    client: Client,
    connection: JoinHandle<Result<(), Error>>,
}

impl Session {
    pub(crate) async fn open(config: &Config) -> Result<Self, Error> {
        let (client, connection) = config.connect(NoTls).await?;
        Ok(Self { client, connection: tokio::spawn(connection) })
    }

    /// Says good-bye to the server, and waits until that is said.
    pub(crate) async fn close(self) -> Result<(), Error> {
        let Self { client, connection } = self;
        drop(client);
        // A task that is cancelled, with its runtime, has ended the connection too.
        connection.await.unwrap_or(Ok(()))
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
