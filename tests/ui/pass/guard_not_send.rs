//! What is not `Send` goes into a `LocalResource`, and through `local`.

use std::convert::Infallible;
use std::rc::Rc;
use withal::{LocalResource, Outcome, ResourceExt, local};

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
    let scope = local(Cache).scope_local(async |text| anyhow::Ok(text.len()));
    assert_eq!(futures::executor::block_on(scope).unwrap(), 6);
}
