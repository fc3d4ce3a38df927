//! A body returns a handle.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{ExitStack, ResourceExt};

async fn work() -> anyhow::Result<usize> {
    let rows = ExitStack::new()
        .scope(async |stack| {
            let rows = stack.enter(Db).await?;
            anyhow::Ok(rows)
        })
        .await?;
    Ok(rows.len())
}

fn main() {
    futures::executor::block_on(work()).unwrap();
}
