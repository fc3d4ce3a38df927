//! A report, with all that went wrong in it, that nobody looks at.

#![deny(unused_must_use)]

use withal::Scope;
use withal_fixtures::{Db, block_on};

async fn work() {
    Scope::new(Db).report(async |_| anyhow::Ok(())).await;
}

fn main() {
    block_on(work());
}
