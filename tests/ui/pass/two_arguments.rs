//! The guards of a tuple are one argument, a tuple.

#[path = "../db.rs"]
mod db;

use db::{Db, Motto};
use withal::ResourceExt;

pub fn main() {
    let scope = (Db, Motto).scope(async |(rows, motto)| anyhow::Ok(rows.len() + motto.len()));
    assert_eq!(futures::executor::block_on(scope).unwrap(), 14);
}
