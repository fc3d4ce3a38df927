//! A closure that returns an async block and does not look at the guard.

use withal::ResourceExt;
use withal_fixtures::{Db, block_on};

async fn work() -> anyhow::Result<()> {
    Db.scope(|_| async { anyhow::Ok(()) }).await
}

fn main() {
    block_on(work()).unwrap();
}
