//! An async closure that does not look at the guard.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

async fn work() -> anyhow::Result<()> {
    Db.scope(async |_| anyhow::Ok(())).await
}

pub fn main() {
    futures::executor::block_on(work()).unwrap();
}
