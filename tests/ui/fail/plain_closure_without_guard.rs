//! A closure that returns an async block and does not look at the guard.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

async fn work() -> anyhow::Result<()> {
    Db.scope(|_| async { anyhow::Ok(()) }).await
}

fn main() {
    futures::executor::block_on(work()).unwrap();
}
