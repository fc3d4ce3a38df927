//! A resource for a second scope, after the first took it.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

async fn work() -> anyhow::Result<()> {
    let db = Db;
    db.scope(async |_| anyhow::Ok(())).await?;
    db.scope(async |_| anyhow::Ok(())).await
}

fn main() {
    futures::executor::block_on(work()).unwrap();
}
