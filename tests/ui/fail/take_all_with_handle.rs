//! All members are moved out while a handle has the guard of one.

use withal::{ExitStack, ResourceExt};
use withal_fixtures::{Db, block_on};

async fn open() -> anyhow::Result<ExitStack<'static>> {
    ExitStack::new()
        .scope(async |stack| {
            let rows = stack.enter(Db).await?;
            assert_eq!(rows.len(), 1);
            anyhow::Ok(stack.take_all())
        })
        .await
}

fn main() {
    block_on(open()).unwrap();
}
