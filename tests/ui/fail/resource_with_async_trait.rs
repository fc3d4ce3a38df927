//! `#[async_trait]` on an implementation of `Resource`.

use std::convert::Infallible;
use withal::{Outcome, Resource};

struct Redis;

#[async_trait::async_trait]
impl Resource for Redis {
    type Guard = ();
    type Error = Infallible;

    async fn enter(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    async fn exit(&mut self, _: (), _: Outcome<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() {}
