//! A function of `around` that never lends.

use withal::{ResourceExt, around};

fn main() {
    let _scope = around(async |_lend| Ok(())).scope(async |_| anyhow::Ok(()));
}
