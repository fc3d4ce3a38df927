//! `()` is the resource that does nothing.

use withal::Scope;

pub fn main() {
    let scope = Scope::new(()).run(async |()| anyhow::Ok(5));
    assert_eq!(futures::executor::block_on(scope).unwrap(), 5);
}
