//! `scope` without the trait that brings it.

use withal_fixtures::Db;

fn main() {
    let _scope = Db.scope(async |_| anyhow::Ok(()));
}
