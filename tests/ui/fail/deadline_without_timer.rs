//! A deadline that is a duration, not a timer.

use std::time::Duration;
use withal::ResourceExt;
use withal_fixtures::Db;

fn main() {
    let _db = Db.enter_within(Duration::from_secs(1));
}
