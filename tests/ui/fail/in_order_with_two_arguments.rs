//! The members of an ordered group as arguments.

use withal::{ResourceExt, in_order};
use withal_fixtures::{Db, Motto};

fn main() {
    let _scope = in_order(Db, Motto).scope(async |(rows, motto)| anyhow::Ok(rows.len() + motto.len()));
}
