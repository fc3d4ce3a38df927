//! A scope that is never given a body.

#![deny(unused_must_use)]

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::Scope;

fn main() {
    Scope::new(Db);
}
