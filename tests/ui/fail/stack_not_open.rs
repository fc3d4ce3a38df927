//! A member is entered on a stack that no scope has opened.

use withal::ExitStack;
use withal_fixtures::{Db, block_on};

async fn work() -> anyhow::Result<usize> {
    let stack = ExitStack::new();
    let rows = stack.enter(Db).await?;
    Ok(rows.len())
}

fn main() {
    block_on(work()).unwrap();
}
