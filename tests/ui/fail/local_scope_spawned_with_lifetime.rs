//! A local scope on a multi-threaded executor, over a guard that has a lifetime in its type.

use withal::ResourceExt;
use withal_fixtures::{Motto, spawn, yield_now};

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
