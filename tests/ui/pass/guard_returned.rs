//! A body returns what it made of the guard, or a copy, or what it took out of it.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

pub fn main() {
    let scope = Db.scope(async |rows| anyhow::Ok(rows.first().cloned()));
    assert_eq!(futures::executor::block_on(scope).unwrap().as_deref(), Some("first"));

    let scope = Db.scope(async |rows| anyhow::Ok(std::mem::take(rows)));
    assert_eq!(futures::executor::block_on(scope).unwrap(), ["first"]);
}
