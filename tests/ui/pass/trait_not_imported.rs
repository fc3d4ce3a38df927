//! `ResourceExt` brings `scope`; `Scope::new` needs no trait.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{ResourceExt as _, Scope};

pub fn main() {
    futures::executor::block_on(Db.scope(async |_| anyhow::Ok(()))).unwrap();
    futures::executor::block_on(Scope::new(Db).run(async |_| anyhow::Ok(()))).unwrap();
}
