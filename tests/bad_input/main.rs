//! What a user may do that nobody thinks of first: each does what the laws say.

mod drops;
mod erased;
mod guards;
mod hostile;
mod large;
mod odd;
mod payloads;
mod sharers;
mod takers;

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use withal::{Outcome, Resource};

/// What members did, in their order.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, event: String) {
        self.0.lock().unwrap().push(event);
    }

    /// What happened since the last call.
    fn events(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// A member that is pending once in each phase.
    fn slow(&self, id: u32) -> Member {
        Member { id, pending: 1, log: self.clone() }
    }

    /// A member that is ready on its first poll.
    fn quick(&self, id: u32) -> Member {
        Member { id, pending: 0, log: self.clone() }
    }
}

/// A member that writes down what is done to it; its guard is its number.
struct Member {
    id: u32,
    pending: usize,
    log: Log,
}

impl Resource for Member {
    type Guard = u32;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<u32, Infallible> {
        pend(self.pending).await;
        self.log.add(format!("enter {}", self.id));
        Ok(self.id)
    }

    async fn exit(&mut self, guard: u32, outcome: Outcome<'_>) -> Result<(), Infallible> {
        pend(self.pending).await;
        self.log.add(format!("exit {guard}, {:?}", outcome.kind()));
        Ok(())
    }

    fn abandon(&mut self, guard: u32) {
        self.log.add(format!("abandon {guard}"));
    }
}

async fn pend(mut times: usize) {
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

/// Polls to the end, by hand.
fn run<F: Future>(future: F) -> F::Output {
    polled(future).0
}

/// Polls to the end, by hand; counts the polls.
fn polled<F: Future>(future: F) -> (F::Output, usize) {
    let mut future = pin!(future);
    for polls in 1..100 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return (output, polls);
        }
    }
    panic!("the scope hangs");
}
