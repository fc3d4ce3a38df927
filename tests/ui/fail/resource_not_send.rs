//! A resource that holds an `Rc`.

use std::convert::Infallible;
use std::rc::Rc;
use withal::{Outcome, Resource};

struct Cache(Rc<str>);

impl Resource for Cache {
    type Guard = usize;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<usize, Infallible> {
        Ok(self.0.len())
    }

    async fn exit(&mut self, _: usize, _: Outcome<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() {}
