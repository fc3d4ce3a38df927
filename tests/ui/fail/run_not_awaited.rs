//! A run that is made and never awaited.

#![deny(unused_must_use)]

use withal::Scope;
use withal_fixtures::Db;

fn main() {
    Scope::new(Db).run(async |_| anyhow::Ok(()));
}
