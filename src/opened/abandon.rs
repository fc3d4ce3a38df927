use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures::FutureExt;
use futures::future::BoxFuture;

/// The signal of `abandon_on` of a scope that is opened, which its owner keeps until the scope is closed.
pub(crate) struct AbandonSignal(BoxFuture<'static, ()>);

impl AbandonSignal {
    pub(crate) fn new<A: Future + Send + 'static>(signal: A) -> Self {
        Self(Box::pin(signal.map(drop)))
    }
}

impl Future for AbandonSignal {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_unpin(cx)
    }
}
