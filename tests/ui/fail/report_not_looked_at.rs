//! A report, with all that went wrong in it, that nobody looks at.

#![deny(unused_must_use)]

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::Scope;

async fn work() {
    Scope::new(Db).report(async |_| anyhow::Ok(())).await;
}

fn main() {
    futures::executor::block_on(work());
}
