//! All members are moved out while a handle has the guard of one.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{ExitStack, ResourceExt};

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
    futures::executor::block_on(open()).unwrap();
}
