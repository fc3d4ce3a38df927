//! A tuple with a member that is no resource, in `Scope::new`.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::Scope;

struct Redis;

fn main() {
    let _scope = Scope::new((Db, Redis)).run(async |(_, _)| anyhow::Ok(()));
}
