//! Members are entered on a stack in its scope, or in a later one if they are to stay.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{ExitStack, ResourceExt};

async fn work() -> anyhow::Result<usize> {
    ExitStack::new()
        .scope(async |stack| {
            let rows = stack.enter(Db).await?;
            anyhow::Ok(rows.len())
        })
        .await
}

async fn add(stack: ExitStack<'static>) -> anyhow::Result<ExitStack<'static>> {
    stack
        .scope(async |stack| {
            stack.enter(Db).await?;
            anyhow::Ok(stack.take_all())
        })
        .await
}

pub fn main() {
    assert_eq!(futures::executor::block_on(work()).unwrap(), 1);
    let stack = futures::executor::block_on(async { add(add(ExitStack::new()).await?).await }).unwrap();
    assert_eq!(stack.len(), 2);
    futures::executor::block_on(stack.close()).unwrap();
}
