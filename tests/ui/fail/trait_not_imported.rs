//! `scope` without the trait that brings it.

#[path = "../db.rs"]
mod db;

use db::Db;

fn main() {
    let _scope = Db.scope(async |_| anyhow::Ok(()));
}
