//! What is measured: members that are pending so often, in a scope and by hand.

pub mod by_hand;
pub mod in_a_scope;

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use withal::{BoxError, Outcome, Resource, ScopeError};

/// A member with a number for a guard, whose enter and exit are pending so often.
pub struct Member {
    pub number: u64,
    pub pending: u32,
}

impl Resource for Member {
    type Guard = u64;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<u64, Infallible> {
        pend(self.pending).await;
        Ok(black_box(self.number))
    }

    async fn exit(&mut self, guard: u64, _: Outcome<'_>) -> Result<(), Infallible> {
        pend(self.pending).await;
        black_box(guard);
        Ok(())
    }
}

async fn pend(mut times: u32) {
    poll_fn(|cx| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// As many members as fit.
pub fn members<const N: usize>(pending: u32) -> [Member; N] {
    std::array::from_fn(|number| Member { number: number as u64, pending })
}

/// Polls to the end, as often as it takes: no executor is measured.
pub fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

/// The body's error, which is never made.
#[derive(Debug)]
pub struct Failed;

impl From<ScopeError> for Failed {
    fn from(_: ScopeError) -> Self {
        Self
    }
}

impl From<Failed> for BoxError {
    fn from(_: Failed) -> Self {
        "failed".into()
    }
}
