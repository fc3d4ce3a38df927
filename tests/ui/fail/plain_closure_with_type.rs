//! A closure that returns an async block, with the guard's type written out as the compiler suggests.

use withal::ResourceExt;
use withal_fixtures::Db;

fn main() {
    let _scope = Db.scope(|rows: &mut Vec<String>| async move { anyhow::Ok(rows.len()) });
}
