//! A signal that is not `Send`.

#[path = "../db.rs"]
mod db;

use db::Db;
use std::rc::Rc;
use withal::Scope;

fn main() {
    let stop = Rc::new(());
    let signal = async move {
        std::future::pending::<()>().await;
        drop(stop);
    };
    let _scope = Scope::new(Db).until(signal).run(async |_| anyhow::Ok(()));
}
