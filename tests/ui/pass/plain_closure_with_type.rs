//! An async closure, with the guard's type written out; and an `async fn`.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

async fn count(rows: &mut Vec<String>) -> anyhow::Result<usize> {
    Ok(rows.len())
}

pub fn main() {
    let scope = Db.scope(async |rows: &mut Vec<String>| anyhow::Ok(rows.len()));
    assert_eq!(futures::executor::block_on(scope).unwrap(), 1);

    assert_eq!(futures::executor::block_on(Db.scope(count)).unwrap(), 1);
}
