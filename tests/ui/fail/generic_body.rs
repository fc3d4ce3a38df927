//! A body that is a parameter of generic code, of which only `AsyncFnOnce` is known.

#[path = "../db.rs"]
mod db;

use withal::{Resource, ResourceExt};

async fn logged<R, F>(resource: R, body: F) -> anyhow::Result<()>
where
    R: Resource,
    F: AsyncFnOnce(&mut R::Guard) -> anyhow::Result<()> + Send,
{
    println!("entering");
    resource.scope(body).await
}

fn main() {
    futures::executor::block_on(logged(db::Db, async |_| Ok(()))).unwrap();
}
