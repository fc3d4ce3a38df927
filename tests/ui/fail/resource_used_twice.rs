//! A resource for a second scope, after the first took it.

use withal::ResourceExt;
use withal_fixtures::{Db, block_on};

async fn work() -> anyhow::Result<()> {
    let db = Db;
    db.scope(async |_| anyhow::Ok(())).await?;
    db.scope(async |_| anyhow::Ok(())).await
}

fn main() {
    block_on(work()).unwrap();
}
