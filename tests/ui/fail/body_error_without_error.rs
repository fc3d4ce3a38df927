//! An error of the body that is made from a `ScopeError`, and does not implement `Error`.

use withal::{ResourceExt, ScopeError};
use withal_fixtures::Db;

#[derive(Debug)]
enum ShopError {
    Scope(ScopeError),
}

impl From<ScopeError> for ShopError {
    fn from(error: ScopeError) -> Self {
        Self::Scope(error)
    }
}

async fn work() -> Result<usize, ShopError> {
    Db.scope(async |rows| Ok(rows.len())).await
}

fn main() {
    let _work = work();
}
