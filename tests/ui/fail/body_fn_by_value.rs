//! An `async fn` as the body, which takes the guard by value.

use withal::ResourceExt;
use withal_fixtures::Db;

async fn count(rows: Vec<String>) -> anyhow::Result<usize> {
    Ok(rows.len())
}

fn main() {
    let _scope = Db.scope(count);
}
