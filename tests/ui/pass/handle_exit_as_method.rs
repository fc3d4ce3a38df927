//! The exit of a handle as an associated function.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{ExitStack, Handle, ResourceExt};

async fn work() -> anyhow::Result<()> {
    ExitStack::new()
        .scope(async |stack| {
            let rows = stack.enter(Db).await?;
            Handle::exit(rows).await?;
            assert!(stack.is_empty());
            anyhow::Ok(())
        })
        .await
}

pub fn main() {
    futures::executor::block_on(work()).unwrap();
}
