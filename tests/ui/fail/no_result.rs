//! A body that returns a value instead of a result.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

fn main() {
    let _scope = Db.scope(async |rows| rows.len());
}
