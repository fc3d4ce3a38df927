//! A body stores what it made of the guard.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

pub fn main() {
    let mut kept = None;
    let scope = Db.scope(async |rows| {
        kept = Some(rows.clone());
        anyhow::Ok(())
    });
    futures::executor::block_on(scope).unwrap();
    assert_eq!(kept.unwrap(), ["first"]);
}
