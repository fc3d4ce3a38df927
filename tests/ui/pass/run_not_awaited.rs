//! A scope runs when it is awaited.

#![deny(unused_must_use)]

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::Scope;

async fn work() -> anyhow::Result<()> {
    Scope::new(Db).run(async |_| anyhow::Ok(())).await
}

pub fn main() {
    futures::executor::block_on(work()).unwrap();
}
