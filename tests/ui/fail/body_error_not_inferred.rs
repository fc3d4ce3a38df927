//! `?` on a scope whose body does not say what its error is.
//!
//! The result has a name here, or else the compiler underlines the closure's path, as many columns as that is long.

use withal::Scope;
use withal_fixtures::{Db, block_on};

async fn work() -> anyhow::Result<()> {
    let result = Scope::new(Db)
        .run(async |rows| {
            rows.push("second".parse()?);
            Ok(())
        })
        .await;
    Ok(result?)
}

fn main() {
    block_on(work()).unwrap();
}
