//! A type becomes a resource by an `enter` and an `exit`.

use std::convert::Infallible;
use withal::{Outcome, Resource, ResourceExt};

struct Redis;

impl Resource for Redis {
    type Guard = u32;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<u32, Infallible> {
        Ok(7)
    }

    async fn exit(&mut self, _: u32, _: Outcome<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

pub fn main() {
    let scope = Redis.scope(async |n| anyhow::Ok(*n));
    assert_eq!(futures::executor::block_on(scope).unwrap(), 7);
}
