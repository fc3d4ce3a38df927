//! An async block as the body.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::Scope;

fn main() {
    let _scope = Scope::new(Db).run(async { anyhow::Ok(()) });
}
