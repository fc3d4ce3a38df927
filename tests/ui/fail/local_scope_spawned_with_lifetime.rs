//! A local scope on a multi-threaded executor, over a guard that has a lifetime in its type.

#[path = "../db.rs"]
mod db;

use db::{Motto, spawn, yield_now};
use withal::ResourceExt;

fn main() {
    spawn(async {
        let scope = Motto.scope_local(async |motto| {
            yield_now().await;
            anyhow::Ok(motto.len())
        });
        scope.await
    })
    .unwrap();
}
