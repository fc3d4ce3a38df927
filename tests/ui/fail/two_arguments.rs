//! A body that takes the guards of a tuple as two arguments.

#[path = "../db.rs"]
mod db;

use db::{Db, Motto};
use withal::ResourceExt;

fn main() {
    let _scope = (Db, Motto).scope(async |rows, motto| anyhow::Ok(rows.len() + motto.len()));
}
