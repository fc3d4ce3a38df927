//! A method of the trait that only this crate overrides.

use withal::{Outcome, Resource};
use withal_fixtures::Db;

struct Wrapped(Db);

impl Resource for Wrapped {
    type Guard = <Db as Resource>::Guard;
    type Error = <Db as Resource>::Error;

    async fn enter(&mut self) -> Result<Self::Guard, Self::Error> {
        self.0.enter().await
    }

    async fn exit(&mut self, guard: Self::Guard, outcome: Outcome<'_>) -> Result<(), Self::Error> {
        self.0.exit(guard, outcome).await
    }

    fn hold(&mut self, token: withal::member::HoldToken) -> impl withal::member::Hold {
        self.0.hold(token)
    }
}

fn main() {}
