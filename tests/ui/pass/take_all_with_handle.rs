//! The handle is dropped before all members are moved out: the guard goes back.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{ExitStack, ResourceExt};

async fn open() -> anyhow::Result<ExitStack<'static>> {
    ExitStack::new()
        .scope(async |stack| {
            let rows = stack.enter(Db).await?;
            assert_eq!(rows.len(), 1);
            drop(rows);
            anyhow::Ok(stack.take_all())
        })
        .await
}

pub fn main() {
    let stack = futures::executor::block_on(open()).unwrap();
    assert_eq!(stack.len(), 1);
    futures::executor::block_on(stack.close()).unwrap();
}
