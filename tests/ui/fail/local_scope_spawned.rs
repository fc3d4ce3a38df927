//! A local scope on a multi-threaded executor, with a body that is not `Send`.

#[path = "../db.rs"]
mod db;

use db::{Db, spawn, yield_now};
use std::sync::Mutex;
use withal::ResourceExt;

fn main() {
    spawn(async {
        let total = Mutex::new(0);
        let scope = Db.scope_local(async |rows| {
            let mut total = total.lock().unwrap();
            yield_now().await;
            *total += rows.len();
            anyhow::Ok(())
        });
        scope.await
    })
    .unwrap();
}
