//! A tuple with a member that is no resource.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

struct Redis;

fn main() {
    let _scope = (Db, Redis).scope(async |(_, _)| anyhow::Ok(()));
}
