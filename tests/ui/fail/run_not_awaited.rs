//! A run that is made and never awaited.

#![deny(unused_must_use)]

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::Scope;

fn main() {
    Scope::new(Db).run(async |_| anyhow::Ok(()));
}
