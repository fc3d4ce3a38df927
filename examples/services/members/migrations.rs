//! The tables of the database, as the versions of a program would make them, one after the other.

use super::session::SqlError;
use tokio_postgres::Client;

const MIGRATIONS: [&str; 2] = [
    "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item text NOT NULL)",
    "ALTER TABLE orders ADD COLUMN fence bigint NOT NULL",
];

/// Runs all of them, or none.
pub(crate) async fn run(client: &mut Client) -> Result<usize, SqlError> {
    let transaction = client.transaction().await?;
    for migration in MIGRATIONS {
        transaction.batch_execute(migration).await?;
    }
    transaction.commit().await?;
    Ok(MIGRATIONS.len())
}
