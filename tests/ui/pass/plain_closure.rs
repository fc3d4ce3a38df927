//! An async closure.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

pub fn main() {
    let scope = Db.scope(async |rows| anyhow::Ok(rows.len()));
    assert_eq!(futures::executor::block_on(scope).unwrap(), 1);
}
