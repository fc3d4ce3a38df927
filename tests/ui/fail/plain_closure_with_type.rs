//! A closure that returns an async block, with the guard's type written out as the compiler suggests.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

fn main() {
    let _scope = Db.scope(|rows: &mut Vec<String>| async move { anyhow::Ok(rows.len()) });
}
