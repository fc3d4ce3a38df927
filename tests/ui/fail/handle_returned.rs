//! A body returns a handle.

use withal::{ExitStack, ResourceExt};
use withal_fixtures::{Db, block_on};

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
    block_on(work()).unwrap();
}
