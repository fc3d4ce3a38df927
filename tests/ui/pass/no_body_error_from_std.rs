//! `?` turns it into an `anyhow::Error`, which a failed enter or exit can become too.

#[path = "../db.rs"]
mod db;

use db::Db;
use std::io;
use withal::Scope;

fn check(rows: &[String]) -> io::Result<()> {
    if rows.is_empty() { Err(io::Error::other("empty")) } else { Ok(()) }
}

pub fn main() {
    let scope = Scope::new(Db).run(async |rows| {
        check(rows)?;
        anyhow::Ok(())
    });
    futures::executor::block_on(scope).unwrap();
}
