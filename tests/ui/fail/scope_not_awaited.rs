//! A scope that is made and never awaited.

#![deny(unused_must_use)]

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

fn main() {
    Db.scope(async |_| anyhow::Ok(()));
}
