//! A body that takes the guards of a tuple as two arguments.

use withal::ResourceExt;
use withal_fixtures::{Db, Motto};

fn main() {
    let _scope = (Db, Motto).scope(async |rows, motto| anyhow::Ok(rows.len() + motto.len()));
}
