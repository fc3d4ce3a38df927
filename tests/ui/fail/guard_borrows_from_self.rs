//! A guard that borrows from the resource.

use std::convert::Infallible;
use withal::{Outcome, Resource};

struct Buffer(Vec<u8>);

impl Resource for Buffer {
    type Guard = &mut Vec<u8>;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<&mut Vec<u8>, Infallible> {
        Ok(&mut self.0)
    }

    async fn exit(&mut self, _: &mut Vec<u8>, _: Outcome<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() {}
