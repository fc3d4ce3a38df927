//! A body takes the member out of the stack, and returns it.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{ExitStack, Handle, Outcome, ResourceExt, Taken};

async fn work() -> anyhow::Result<usize> {
    let rows = ExitStack::new()
        .scope(async |stack| {
            let rows = stack.enter(Db).await?;
            anyhow::Ok(Handle::take(rows))
        })
        .await?;
    let count = rows.len();
    Taken::exit(rows, Outcome::Completed).await?;
    Ok(count)
}

pub fn main() {
    assert_eq!(futures::executor::block_on(work()).unwrap(), 1);
}
