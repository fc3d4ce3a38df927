//! A body that does nothing is one too: all is entered and exited.

#![deny(unused_must_use)]

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::Scope;

pub fn main() {
    futures::executor::block_on(Scope::new(Db).run(async |_| anyhow::Ok(()))).unwrap();
}
