//! An `Rc` that the body captures.

#[path = "../db.rs"]
mod db;

use db::Db;
use std::rc::Rc;
use withal::Scope;

fn main() {
    let count = Rc::new(1);
    let _scope = Scope::new(Db).run(async |rows| {
        rows.push(count.to_string());
        anyhow::Ok(())
    });
}
