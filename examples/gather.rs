//! Two members that say what happens to them: the smallest program with a scope.
//!
//! ```text
//! cargo run --example gather
//! ```
//!
//! Both are entering before either has entered, the body runs between the last enter and the first exit, and both are
//! exiting before either has exited.

use std::convert::Infallible;
use std::time::Duration;
use tokio::time::sleep;
use withal::{Outcome, Resource, ResourceExt};

/// A member that takes some time to enter and to exit, as a connection or a server would.
struct Member {
    name: &'static str,
    delay: Duration,
}

impl Member {
    fn new(name: &'static str, millis: u64) -> Self {
        Self { name, delay: Duration::from_millis(millis) }
    }
}

impl Resource for Member {
    /// What the body is lent of this member.
    type Guard = String;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<String, Infallible> {
        println!("{}: entering", self.name);
        sleep(self.delay).await;
        println!("{}: entered", self.name);
        Ok(format!("the guard of {}", self.name))
    }

    async fn exit(&mut self, guard: String, outcome: Outcome<'_>) -> Result<(), Infallible> {
        println!("{}: exiting with {guard}, told {outcome:?}", self.name);
        sleep(self.delay).await;
        println!("{}: exited", self.name);
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let length = (Member::new("slow", 200), Member::new("quick", 100))
        .scope(async |(slow, quick)| {
            println!("body: has {slow} and {quick}");
            anyhow::Ok(slow.len() + quick.len())
        })
        .await?;
    println!("the body returned {length}");
    Ok(())
}
