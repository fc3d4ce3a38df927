//! A second resource that borrows from the guard of the first.

use withal::{Resource, ResourceExt, adopt};
use withal_fixtures::Db;

fn first(rows: &mut Vec<String>) -> impl Resource<Guard = &mut String> {
    adopt(&mut rows[0], async |_, _| Ok(()))
}

fn main() {
    let _scope = Db.then(|rows| first(rows)).scope(async |(_, row)| anyhow::Ok(row.len()));
}
