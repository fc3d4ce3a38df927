//! Boxed resources in one `Vec`, whose guards are of two types.

#[path = "../db.rs"]
mod db;

use db::{Db, Motto};
use withal::ResourceExt;

fn main() {
    let both = vec![Db.boxed(), Motto.boxed()];
    let _scope = both.scope(async |both| anyhow::Ok(both.len()));
}
