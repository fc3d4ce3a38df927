//! A body that returns what borrows from the guard.

use withal::ResourceExt;
use withal_fixtures::Db;

fn main() {
    let _scope = Db.scope(async |rows| anyhow::Ok(rows.first()));
}
