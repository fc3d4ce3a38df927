//! A policy for the members of a group, on a resource that has none.

use withal::ResourceExt;
use withal_fixtures::Db;

fn main() {
    let _group = Db.fail_fast();
}
