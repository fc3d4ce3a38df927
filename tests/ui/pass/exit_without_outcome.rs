//! An exit takes the guard and the outcome.

use withal::{ResourceExt, resource};

pub fn main() {
    let five = resource(async || Ok(5), async |_, _| Ok(()));
    assert_eq!(futures::executor::block_on(five.scope(async |five| anyhow::Ok(*five))).unwrap(), 5);
}
