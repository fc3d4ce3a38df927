//! The exit of a handle as a method.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{ExitStack, ResourceExt};

async fn work() -> anyhow::Result<()> {
    ExitStack::new()
        .scope(async |stack| {
            let rows = stack.enter(Db).await?;
            rows.exit().await?;
            anyhow::Ok(())
        })
        .await
}

fn main() {
    futures::executor::block_on(work()).unwrap();
}
