//! A closure that returns an async block.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

fn main() {
    let _scope = Db.scope(|rows| async move { anyhow::Ok(rows.len()) });
}
