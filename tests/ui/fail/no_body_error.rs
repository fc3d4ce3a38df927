//! An error type that a failed enter or exit cannot become.

use withal::ResourceExt;
use withal_fixtures::Db;

#[derive(Debug)]
struct Closed;

fn main() {
    let _scope = Db.scope(async |rows| if rows.is_empty() { Err(Closed) } else { Ok(()) });
}
