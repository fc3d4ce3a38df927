//! Boxed resources in one `Vec`, whose guards are of two types.

use withal::ResourceExt;
use withal_fixtures::{Db, Motto};

fn main() {
    let both = vec![Db.boxed(), Motto.boxed()];
    let _scope = both.scope(async |both| anyhow::Ok(both.len()));
}
