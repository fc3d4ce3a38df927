//! The lock is let go before the `.await`, or the body stays on its thread.

#[path = "../db.rs"]
mod db;

use db::{Db, yield_now};
use std::sync::Mutex;
use withal::ResourceExt;

pub fn main() {
    let total = Mutex::new(0);
    futures::executor::block_on(Db.scope(async |rows| {
        *total.lock().unwrap() += rows.len();
        yield_now().await;
        anyhow::Ok(())
    }))
    .unwrap();

    futures::executor::block_on(Db.scope_local(async |rows| {
        let mut total = total.lock().unwrap();
        yield_now().await;
        *total += rows.len();
        anyhow::Ok(())
    }))
    .unwrap();
    assert_eq!(total.into_inner().unwrap(), 2);
}
