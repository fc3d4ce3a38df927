//! A member is entered on a stack that no scope has opened.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ExitStack;

async fn work() -> anyhow::Result<usize> {
    let stack = ExitStack::new();
    let rows = stack.enter(Db).await?;
    Ok(rows.len())
}

fn main() {
    futures::executor::block_on(work()).unwrap();
}
