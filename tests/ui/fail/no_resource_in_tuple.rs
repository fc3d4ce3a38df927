//! A tuple with a member that is no resource.

use withal::ResourceExt;
use withal_fixtures::Db;

struct Redis;

fn main() {
    let _scope = (Db, Redis).scope(async |(_, _)| anyhow::Ok(()));
}
