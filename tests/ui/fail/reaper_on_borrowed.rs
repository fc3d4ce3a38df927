//! A reaper for a resource that is borrowed.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{Reaper, Scope};

async fn work(reaper: &Reaper) -> anyhow::Result<()> {
    let mut db = Db;
    Scope::new(&mut db).on(reaper).run(async |_| anyhow::Ok(())).await
}

fn main() {
    let reaper = Reaper::new(futures::executor::block_on);
    futures::executor::block_on(work(&reaper)).unwrap();
}
