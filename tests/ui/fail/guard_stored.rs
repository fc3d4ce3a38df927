//! A body that stores the guard outside.

use withal::ResourceExt;
use withal_fixtures::Db;

fn main() {
    let mut kept = None;
    let _scope = Db.scope(async |rows| {
        kept = Some(rows);
        anyhow::Ok(())
    });
}
