//! A tuple of resources is a resource, and so is a tuple of such tuples.

#[path = "../db.rs"]
mod db;

use db::{Db, Motto};
use withal::Scope;

pub fn main() {
    let scope = Scope::new((Db, (Motto, Db))).run(async |(a, (_, b))| anyhow::Ok(a == b));
    assert!(futures::executor::block_on(scope).unwrap());
}
