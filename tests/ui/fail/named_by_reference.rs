//! A name that is borrowed.

use withal::ResourceExt;
use withal_fixtures::Db;

fn main() {
    let name = String::from("db");
    let _scope = Db.named(&name).scope(async |rows| anyhow::Ok(rows.len()));
}
