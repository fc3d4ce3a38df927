//! An error type that a failed enter or exit cannot become.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

#[derive(Debug)]
struct Closed;

fn main() {
    let _scope = Db.scope(async |rows| if rows.is_empty() { Err(Closed) } else { Ok(()) });
}
