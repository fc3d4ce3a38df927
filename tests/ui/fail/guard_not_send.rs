//! A guard that is not `Send`.

use std::convert::Infallible;
use std::rc::Rc;
use withal::{Outcome, Resource, ResourceExt};

struct Cache;

impl Resource for Cache {
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
    let _scope = Cache.scope_local(async |text| anyhow::Ok(text.len()));
}
