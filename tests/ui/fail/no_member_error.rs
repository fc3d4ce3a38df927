//! A resource whose error cannot become a boxed error.

use withal::{Outcome, Resource};

struct Redis;

impl Resource for Redis {
    type Guard = ();
    type Error = u8;

    async fn enter(&mut self) -> Result<(), u8> {
        Err(1)
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), u8> {
        Ok(())
    }
}

fn main() {}
