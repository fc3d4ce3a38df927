//! A body that returns a value instead of a result.

use withal::ResourceExt;
use withal_fixtures::Db;

fn main() {
    let _scope = Db.scope(async |rows| rows.len());
}
