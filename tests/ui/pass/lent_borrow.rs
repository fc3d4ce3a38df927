//! A function lends what it owns, and gets it back.

use withal::{ResourceExt, around};

pub fn main() {
    let text = around(async |lend| {
        let text = String::from("text");
        let (text, _) = lend.lend(text).await;
        assert_eq!(text, "text, and more");
        Ok(())
    });
    let scope = text.scope(async |text| {
        text.push_str(", and more");
        anyhow::Ok(text.len())
    });
    assert_eq!(futures::executor::block_on(scope).unwrap(), 14);
}
