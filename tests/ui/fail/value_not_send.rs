//! A body that returns what is not `Send`.

use std::rc::Rc;
use withal::ResourceExt;
use withal_fixtures::Db;

fn main() {
    let _scope = Db.scope(async |rows| anyhow::Ok(Rc::new(rows.len())));
}
