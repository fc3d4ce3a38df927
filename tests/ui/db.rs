//! What the programs in `fail` and `pass` share.

#![allow(dead_code, reason = "no program uses all of it")]

use std::convert::Infallible;
use withal::{Outcome, Resource};

/// A resource whose guard is a table.
#[derive(Debug)]
pub struct Db;

impl Resource for Db {
    type Guard = Vec<String>;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<Vec<String>, Infallible> {
        Ok(vec!["first".to_owned()])
    }

    async fn exit(&mut self, _: Vec<String>, _: Outcome<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A resource whose guard has a lifetime in its type.
#[derive(Debug)]
pub struct Motto;

impl Resource for Motto {
    type Guard = &'static str;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<&'static str, Infallible> {
        Ok("festina lente")
    }

    async fn exit(&mut self, _: &'static str, _: Outcome<'_>) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Asks of a future what a multi-threaded executor asks, and runs it.
pub fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> T {
    futures::executor::block_on(task)
}

/// Lets other tasks go first.
pub async fn yield_now() {
    std::future::ready(()).await;
}
