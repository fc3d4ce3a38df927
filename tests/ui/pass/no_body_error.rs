//! An error type with a variant for what the scope itself has to tell; or a report, which takes any.

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::{ResourceExt, Scope, ScopeError};

#[derive(Debug, thiserror::Error)]
enum ShopError {
    #[error("the shop is closed")]
    Closed,
    #[error(transparent)]
    Scope(#[from] ScopeError),
}

#[derive(Debug)]
struct Closed;

pub fn main() {
    let scope = Db.scope(async |rows| if rows.is_empty() { Err(ShopError::Closed) } else { Ok(()) });
    futures::executor::block_on(scope).unwrap();

    let report = Scope::new(Db).report(async |rows| if rows.is_empty() { Err(Closed) } else { Ok(()) });
    assert!(futures::executor::block_on(report).is_clean());
}
