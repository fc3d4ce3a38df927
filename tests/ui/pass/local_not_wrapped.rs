//! A local resource becomes a member by `local`.

#[path = "../db.rs"]
mod db;

use db::Db;
use std::convert::Infallible;
use std::rc::Rc;
use withal::{LocalResource, Outcome, Scope, local};

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

pub fn main() {
    let scope = Scope::new((Db, local(Cache))).run_local(async |(rows, _)| anyhow::Ok(rows.len()));
    assert_eq!(futures::executor::block_on(scope).unwrap(), 1);
}
