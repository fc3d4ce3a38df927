//! A value that is no resource, in `Scope::new`.

use withal::Scope;

fn main() {
    let _scope = Scope::new(5_u32).run(async |_| anyhow::Ok(()));
}
