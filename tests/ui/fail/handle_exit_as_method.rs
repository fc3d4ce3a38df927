//! The exit of a handle as a method.

use withal::{ExitStack, ResourceExt};
use withal_fixtures::{Db, block_on};

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
    block_on(work()).unwrap();
}
