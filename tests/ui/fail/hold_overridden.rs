//! A method of the trait that only this crate overrides.

use std::convert::Infallible;
use withal::{Outcome, Resource};

struct Db;

impl Resource for Db {
    type Guard = ();
    type Error = Infallible;

    async fn enter(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Infallible> {
        Ok(())
    }

    fn hold(&mut self, _: withal::member::HoldToken) -> impl withal::member::Hold<Guard = (), Error = Infallible> {
        todo!()
    }
}

fn main() {}
