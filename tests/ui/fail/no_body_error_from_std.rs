//! `std::io::Error` as the body's error: a failed enter or exit cannot become one.

use std::io;
use withal::Scope;
use withal_fixtures::Db;

fn main() {
    let _scope = Scope::new(Db).run(async |rows| if rows.is_empty() { Err(io::Error::other("empty")) } else { Ok(()) });
}
