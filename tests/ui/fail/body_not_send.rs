//! A std `MutexGuard` that is kept across an `.await` of the body.

use std::sync::Mutex;
use withal::ResourceExt;
use withal_fixtures::{Db, yield_now};

fn main() {
    let total = Mutex::new(0);
    let _scope = Db.scope(async |rows| {
        let mut total = total.lock().unwrap();
        yield_now().await;
        *total += rows.len();
        anyhow::Ok(())
    });
}
