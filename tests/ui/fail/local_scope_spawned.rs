//! A local scope on a multi-threaded executor, with a body that is not `Send`.

use std::sync::Mutex;
use withal::ResourceExt;
use withal_fixtures::{Db, spawn, yield_now};

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
