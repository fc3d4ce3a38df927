//! A body that returns what borrows from the guard.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

fn main() {
    let _scope = Db.scope(async |rows| anyhow::Ok(rows.first()));
}
