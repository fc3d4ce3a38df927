//! What is not `Send` goes to `scope_local`, `run_local` or `report_local`.

#[path = "../db.rs"]
mod db;

use db::Db;
use std::rc::Rc;
use withal::Scope;

pub fn main() {
    let count = Rc::new(1);
    let scope = Scope::new(Db).run_local(async |rows| {
        rows.push(count.to_string());
        anyhow::Ok(rows.join(" "))
    });
    assert_eq!(futures::executor::block_on(scope).unwrap(), "first 1");
}
