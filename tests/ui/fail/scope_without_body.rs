//! A scope that is never given a body.

#![deny(unused_must_use)]

use withal::Scope;
use withal_fixtures::Db;

fn main() {
    Scope::new(Db);
}
