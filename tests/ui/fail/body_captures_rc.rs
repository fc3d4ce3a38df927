//! An `Rc` that the body captures.

use std::rc::Rc;
use withal::Scope;
use withal_fixtures::Db;

fn main() {
    let count = Rc::new(1);
    let _scope = Scope::new(Db).run(async |rows| {
        rows.push(count.to_string());
        anyhow::Ok(())
    });
}
