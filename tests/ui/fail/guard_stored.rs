//! A body that stores the guard outside.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

fn main() {
    let mut kept = None;
    let _scope = Db.scope(async |rows| {
        kept = Some(rows);
        anyhow::Ok(())
    });
}
