//! A body takes the guard, even if it does not look at it.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::Scope;

pub fn main() {
    futures::executor::block_on(Scope::new(Db).run(async |_| anyhow::Ok(()))).unwrap();
}
