//! A resource that several tasks share in an `Arc`.

use std::sync::Arc;
use withal::Scope;
use withal_fixtures::Db;

fn main() {
    let db = Arc::new(Db);
    let _scope = Scope::new(Arc::clone(&db)).run(async |_| anyhow::Ok(()));
}
