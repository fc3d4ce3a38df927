//! A stack is to hold what borrows from the body.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{ExitStack, ResourceExt};

async fn work() -> anyhow::Result<usize> {
    ExitStack::new()
        .scope(async |stack| {
            let mut db = Db;
            let rows = stack.enter(&mut db).await?;
            anyhow::Ok(rows.len())
        })
        .await
}

fn main() {
    futures::executor::block_on(work()).unwrap();
}
