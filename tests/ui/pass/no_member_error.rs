//! A string will do as an error.

use withal::{Outcome, Resource, ResourceExt};

struct Redis;

impl Resource for Redis {
    type Guard = ();
    type Error = String;

    async fn enter(&mut self) -> Result<(), String> {
        Err(format!("code {}", 1))
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), String> {
        Ok(())
    }
}

pub fn main() {
    let error = futures::executor::block_on(Redis.scope(async |()| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter Redis: code 1");
}
