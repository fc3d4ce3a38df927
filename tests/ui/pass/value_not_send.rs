//! It is made once the scope is over, or the scope stays on its thread.

#[path = "../db.rs"]
mod db;

use db::Db;
use std::rc::Rc;
use withal::ResourceExt;

pub fn main() {
    let scope = Db.scope(async |rows| anyhow::Ok(rows.len()));
    let late = Rc::new(futures::executor::block_on(scope).unwrap());

    let scope = Db.scope_local(async |rows| anyhow::Ok(Rc::new(rows.len())));
    assert_eq!(futures::executor::block_on(scope).unwrap(), late);
}
