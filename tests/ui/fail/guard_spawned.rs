//! A task that is spawned in the body, and works with the guard.

use withal::ResourceExt;
use withal_fixtures::{Db, spawn};

fn main() {
    let _scope = Db.scope(async |rows| {
        spawn(async move { rows.clear() });
        anyhow::Ok(())
    });
}
