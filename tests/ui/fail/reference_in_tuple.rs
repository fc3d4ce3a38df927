//! A reference to a resource, among the members of a tuple.

use withal::ResourceExt;
use withal_fixtures::Db;

fn main() {
    let db = Db;
    let _scope = (&db, Db).scope(async |(a, b)| anyhow::Ok(a == b));
}
