//! A reaper for a resource that is borrowed.

use withal::{Reaper, Scope};
use withal_fixtures::{Db, block_on};

async fn work(reaper: &Reaper) -> anyhow::Result<()> {
    let mut db = Db;
    Scope::new(&mut db).on(reaper).run(async |_| anyhow::Ok(())).await
}

fn main() {
    let reaper = Reaper::new(block_on);
    block_on(work(&reaper)).unwrap();
}
