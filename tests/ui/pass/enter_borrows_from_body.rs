//! A stack holds what it owns, and what is borrowed from outside of the scope.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{ExitStack, ResourceExt};

async fn work() -> anyhow::Result<usize> {
    let mut outside = Db;
    ExitStack::new()
        .scope(async |stack| {
            let owned = stack.enter(Db).await?;
            let borrowed = stack.enter(&mut outside).await?;
            anyhow::Ok(owned.len() + borrowed.len())
        })
        .await
}

pub fn main() {
    assert_eq!(futures::executor::block_on(work()).unwrap(), 2);
}
