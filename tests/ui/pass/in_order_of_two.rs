//! The members of an ordered group as a tuple.

#[path = "../db.rs"]
mod db;

use db::{Db, Motto};
use withal::{ResourceExt, in_order};

pub fn main() {
    let scope = in_order((Db, Motto)).scope(async |(rows, motto)| anyhow::Ok(rows.len() + motto.len()));
    assert_eq!(futures::executor::block_on(scope).unwrap(), 14);
}
