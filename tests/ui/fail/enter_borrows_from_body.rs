//! A stack is to hold what borrows from the body.

use withal::{ExitStack, ResourceExt};
use withal_fixtures::{Db, block_on};

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
    block_on(work()).unwrap();
}
