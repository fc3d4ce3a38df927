//! A second resource takes a part of the first guard; one that borrows is entered in the body.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{Resource, ResourceExt, adopt};

fn first(rows: &mut Vec<String>) -> impl Resource<Guard = &mut String> {
    adopt(&mut rows[0], async |_, _| Ok(()))
}

pub fn main() {
    let taken = Db.then(|rows| adopt(rows.remove(0), async |_, _| Ok(())));
    let scope = taken.scope(async |(_, row)| anyhow::Ok(row.len()));
    assert_eq!(futures::executor::block_on(scope).unwrap(), 5);

    let scope = Db.scope(async |rows| first(rows).scope(async |row| anyhow::Ok(row.len())).await);
    assert_eq!(futures::executor::block_on(scope).unwrap(), 5);
}
