//! A policy for the members of a group, on a resource that has none.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::ResourceExt;

fn main() {
    let _group = Db.fail_fast();
}
