//! A guard that borrows from the function that lends it.

use withal::{ResourceExt, around};

fn main() {
    let text = around(async |lend| {
        let text = String::from("text");
        lend.lend(&text).await;
        Ok(())
    });
    let _scope = text.scope(async |text| anyhow::Ok(text.len()));
}
