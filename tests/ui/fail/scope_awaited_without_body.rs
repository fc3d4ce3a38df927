//! A builder that is awaited, without a body to run.

use withal::Scope;
use withal_fixtures::Db;

async fn work() {
    Scope::new(Db).await;
}

fn main() {
    let _work = work();
}
