//! A resource that is not owned, but behind a `&`.

use withal::ResourceExt;
use withal_fixtures::Db;

async fn work(db: &Db) -> anyhow::Result<usize> {
    db.scope(async |rows| anyhow::Ok(rows.len())).await
}

fn main() {
    let _work = work(&Db);
}
