//! The members of an ordered group as arguments.

#[path = "../db.rs"]
mod db;

use db::{Db, Motto};
use withal::{ResourceExt, in_order};

fn main() {
    let _scope = in_order(Db, Motto).scope(async |(rows, motto)| anyhow::Ok(rows.len() + motto.len()));
}
