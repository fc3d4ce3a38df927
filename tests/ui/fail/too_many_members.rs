//! A tuple of 13 members.

use withal::ResourceExt;
use withal_fixtures::Db;

fn main() {
    let _scope = (Db, Db, Db, Db, Db, Db, Db, Db, Db, Db, Db, Db, Db).scope(async |_| anyhow::Ok(()));
}
