//! An exit that takes the guard alone.

use withal::{ResourceExt, resource};

fn main() {
    let five = resource(async || Ok(5), async |_| Ok(()));
    let _scope = five.scope(async |five| anyhow::Ok(*five));
}
