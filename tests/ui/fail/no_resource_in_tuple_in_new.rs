//! A tuple with a member that is no resource, in `Scope::new`.

use withal::Scope;
use withal_fixtures::Db;

struct Redis;

fn main() {
    let _scope = Scope::new((Db, Redis)).run(async |(_, _)| anyhow::Ok(()));
}
