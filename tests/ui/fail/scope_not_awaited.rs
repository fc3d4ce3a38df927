//! A scope that is made and never awaited.

#![deny(unused_must_use)]

use withal::ResourceExt;
use withal_fixtures::Db;

fn main() {
    Db.scope(async |_| anyhow::Ok(()));
}
