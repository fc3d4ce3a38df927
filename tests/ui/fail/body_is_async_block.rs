//! An async block as the body.

use withal::Scope;
use withal_fixtures::Db;

fn main() {
    let _scope = Scope::new(Db).run(async { anyhow::Ok(()) });
}
