//! A local scope takes any signal.

#[path = "../db.rs"]
mod db;

use db::Db;
use std::rc::Rc;
use withal::Scope;

pub fn main() {
    let stop = Rc::new(());
    let signal = async move {
        std::future::pending::<()>().await;
        drop(stop);
    };
    let scope = Scope::new(Db).until(signal).run_local(async |_| anyhow::Ok(()));
    futures::executor::block_on(scope).unwrap();
}
