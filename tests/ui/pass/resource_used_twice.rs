//! `&mut` of a resource is a resource, so that it is still there afterwards.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

async fn work() -> anyhow::Result<()> {
    let mut db = Db;
    (&mut db).scope(async |_| anyhow::Ok(())).await?;
    db.scope(async |_| anyhow::Ok(())).await
}

pub fn main() {
    futures::executor::block_on(work()).unwrap();
}
