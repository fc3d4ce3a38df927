//! `std::io::Error` as the body's error: a failed enter or exit cannot become one.

#[path = "../db.rs"]
mod db;

use db::Db;
use std::io;
use withal::Scope;

fn main() {
    let _scope = Scope::new(Db).run(async |rows| if rows.is_empty() { Err(io::Error::other("empty")) } else { Ok(()) });
}
