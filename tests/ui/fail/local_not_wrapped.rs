//! A local resource as a member, without `local`.

use std::convert::Infallible;
use std::rc::Rc;
use withal::{LocalResource, Outcome, Scope};
use withal_fixtures::Db;

struct Cache;

impl LocalResource for Cache {
    type Guard = Rc<str>;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<Rc<str>, Infallible> {
        Ok("cached".into())
    }

    async fn exit(&mut self, _: Rc<str>, _: Outcome<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

fn main() {
    let _scope = Scope::new((Db, Cache)).run_local(async |(rows, _)| anyhow::Ok(rows.len()));
}
