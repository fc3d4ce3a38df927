//! On a multi-threaded executor it is `scope`, and what is not `Send` is let go before the `.await`.

#[path = "../db.rs"]
mod db;

use db::{Db, spawn, yield_now};
use std::sync::Mutex;
use withal::ResourceExt;

pub fn main() {
    spawn(async {
        let total = Mutex::new(0);
        let scope = Db.scope(async |rows| {
            yield_now().await;
            *total.lock().unwrap() += rows.len();
            anyhow::Ok(())
        });
        scope.await
    })
    .unwrap();
}
