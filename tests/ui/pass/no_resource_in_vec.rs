//! A `Vec` of resources is a resource.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

pub fn main() {
    let scope = vec![Db, Db, Db].scope(async |tables| anyhow::Ok(tables.len()));
    assert_eq!(futures::executor::block_on(scope).unwrap(), 3);
}
