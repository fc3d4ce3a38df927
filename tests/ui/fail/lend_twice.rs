//! A function that lends twice.

use withal::{ResourceExt, around};

fn main() {
    let number = around(async |lend| {
        lend.lend(1).await;
        lend.lend(2).await;
        Ok(())
    });
    let _scope = number.scope(async |number| anyhow::Ok(*number));
}
