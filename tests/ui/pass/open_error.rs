//! A body that ends in `anyhow::Ok`, one that states its type, and one that is returned as it is.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{Scope, ScopeError};

async fn by_its_end() -> anyhow::Result<()> {
    Scope::new(Db)
        .run(async |rows| {
            rows.push("second".parse()?);
            anyhow::Ok(())
        })
        .await?;
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum ShopError {
    #[error(transparent)]
    Parse(#[from] std::convert::Infallible),
    #[error(transparent)]
    Scope(#[from] ScopeError),
}

async fn by_its_type() -> anyhow::Result<()> {
    Scope::new(Db)
        .run(async |rows| -> Result<(), ShopError> {
            rows.push("second".parse()?);
            Ok(())
        })
        .await?;
    Ok(())
}

async fn as_it_is() -> anyhow::Result<()> {
    Scope::new(Db)
        .run(async |rows| {
            rows.push("second".parse()?);
            Ok(())
        })
        .await
}

pub fn main() {
    futures::executor::block_on(by_its_end()).unwrap();
    futures::executor::block_on(by_its_type()).unwrap();
    futures::executor::block_on(as_it_is()).unwrap();
}
