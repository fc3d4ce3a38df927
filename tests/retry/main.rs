//! Enters that are attempted again (`retry`, `retry_with`), and checks that are a part of an enter (`ready_when`).
#![allow(clippy::unit_arg, reason = "a body that only logs stays on one line")]

mod again;
mod ready;
mod shapes;
mod sweeps;
mod vain;

use futures::channel::oneshot;
use std::future::{Future, ready};
use std::pin::Pin;
use withal::{BoxError, Outcome, Resource};
use withal_common::{Log, pend};

/// A member whose first enters fail. It is pending so often in its enter and its exit.
struct Flaky {
    log: Log,
    name: &'static str,
    fails: usize,
    pending: (usize, usize),
}

impl Resource for Flaky {
    type Guard = &'static str;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<&'static str, BoxError> {
        pend(self.pending.0).await;
        if self.fails > 0 {
            self.fails -= 1;
            self.log.add(format!("{} fails", self.name));
            return Err("it is not up".into());
        }
        self.log.add(format!("{} enters", self.name));
        Ok(self.name)
    }

    async fn exit(&mut self, _: &'static str, outcome: Outcome<'_>) -> Result<(), BoxError> {
        self.log.add(format!("{} begins to exit {:?}", self.name, outcome.kind()));
        pend(self.pending.1).await;
        self.log.add(format!("{} exits", self.name));
        Ok(())
    }

    fn abandon(&mut self, _: &'static str) {
        self.log.add(format!("{} abandoned", self.name));
    }

    fn exit_dropped(&mut self) {
        self.log.add(format!("{} exit dropped", self.name));
    }

    fn name(&self) -> &str {
        self.name
    }
}

/// A member whose first enters fail, so many times, and that is ready otherwise.
fn flaky(log: &Log, name: &'static str, fails: usize) -> Flaky {
    Flaky { log: log.clone(), name, fails, pending: (0, 0) }
}

/// Tries again at once, so many times at most.
fn times<E: ?Sized>(most: usize) -> impl FnMut(&E, usize) -> Option<std::future::Ready<()>> + Send {
    move |_, attempt| (attempt < most).then(|| ready(()))
}

/// Tries again when a time comes that never comes.
#[expect(clippy::unnecessary_wraps, reason = "it is an answer for `retry`")]
fn never<E: ?Sized>(_: &E, _: usize) -> Option<std::future::Pending<()>> {
    Some(std::future::pending())
}

/// A timer that is let go by hand.
type Timer = Pin<Box<dyn Future<Output = Result<(), oneshot::Canceled>> + Send>>;

fn timer() -> (oneshot::Sender<()>, Timer) {
    let (go, timer) = oneshot::channel();
    (go, Box::pin(timer))
}
