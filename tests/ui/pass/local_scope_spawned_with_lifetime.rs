//! On a multi-threaded executor it is `scope`.

#[path = "../db.rs"]
mod db;

use db::{Motto, spawn, yield_now};
use withal::ResourceExt;

pub fn main() {
    let length = spawn(async {
        let scope = Motto.scope(async |motto| {
            yield_now().await;
            anyhow::Ok(motto.len())
        });
        scope.await
    });
    assert_eq!(length.unwrap(), 13);
}
