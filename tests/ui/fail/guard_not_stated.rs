//! A function that returns a resource, and does not say what its guard is.

use withal::{Resource, ResourceExt};
use withal_fixtures::Db;

fn database() -> impl Resource {
    Db
}

fn main() {
    let _scope = database().scope(async |rows| anyhow::Ok(rows.first().cloned()));
}
