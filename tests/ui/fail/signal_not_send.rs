//! A signal that is not `Send`.

use std::rc::Rc;
use withal::Scope;
use withal_fixtures::Db;

fn main() {
    let stop = Rc::new(());
    let signal = async move {
        std::future::pending::<()>().await;
        drop(stop);
    };
    let _scope = Scope::new(Db).until(signal).run(async |_| anyhow::Ok(()));
}
