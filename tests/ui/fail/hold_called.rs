//! A call of a method of the trait that only this crate calls.

use withal::Resource;
use withal_fixtures::Db;

fn main() {
    let _hold = Db.hold();
}
