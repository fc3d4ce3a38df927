//! A closure that returns an async block.

use withal::ResourceExt;
use withal_fixtures::Db;

fn main() {
    let _scope = Db.scope(|rows| async move { anyhow::Ok(rows.len()) });
}
