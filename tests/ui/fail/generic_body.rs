//! A body that is a parameter of generic code, of which only `AsyncFnOnce` is known.

use withal::{Resource, ResourceExt};
use withal_fixtures::{Db, block_on};

async fn logged<R, F>(resource: R, body: F) -> anyhow::Result<()>
where
    R: Resource,
    F: AsyncFnOnce(&mut R::Guard) -> anyhow::Result<()> + Send,
{
    println!("entering");
    resource.scope(body).await
}

fn main() {
    block_on(logged(Db, async |_| Ok(()))).unwrap();
}
