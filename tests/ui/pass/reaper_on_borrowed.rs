//! The scope owns its resource; the body may borrow.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{Reaper, Scope};

async fn work(reaper: &Reaper) -> anyhow::Result<usize> {
    let mut seen = 0;
    let body = async |rows: &mut Vec<String>| {
        seen += rows.len();
        anyhow::Ok(())
    };
    Scope::new(Db).on(reaper).run(body).await?;
    Ok(seen)
}

pub fn main() {
    let reaper = Reaper::new(futures::executor::block_on);
    assert_eq!(futures::executor::block_on(work(&reaper)).unwrap(), 1);
}
