use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Polls once, with a waker that does nothing.
pub fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls to the end. Returns the number of polls, too.
pub fn polled<F: Future>(future: F) -> (F::Output, usize) {
    let mut future = pin!(future);
    for polls in 1..=100 {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return (output, polls);
        }
    }
    panic!("it waits for something");
}

/// Polls to the end a future that waits for nobody.
pub fn run<F: Future>(future: F) -> F::Output {
    polled(future).0
}

/// Polls so often that what can be reached is reached.
pub fn settle<F: Future + ?Sized>(mut future: Pin<&mut F>) {
    for _ in 0..5 {
        assert!(poll(future.as_mut()).is_pending());
    }
}

/// Polls so often that what can be reached is reached, and drops the future.
pub fn poll_and_drop<F: Future>(future: F) {
    settle(pin!(future));
}

/// Is pending so often, and wakes itself.
pub async fn pend(mut times: usize) {
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
