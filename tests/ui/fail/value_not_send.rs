//! A body that returns what is not `Send`.

#[path = "../db.rs"]
mod db;

use db::Db;
use std::rc::Rc;
use withal::ResourceExt;

fn main() {
    let _scope = Db.scope(async |rows| anyhow::Ok(Rc::new(rows.len())));
}
