use super::call::Call;
use crate::scene::guaranteed::log::Log;
use crate::scene::{Body, Failed};
use pin_project_lite::pin_project;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use withal::Phase;

/// Runs the body, and keeps what it returned, or its panic.
pub(super) fn run_body<'a, B: Body>(
    body: B,
    sum: u64,
    returned: &'a mut Option<Result<u64, Failed>>,
    log: &'a Log,
) -> impl Future<Output = ()> + Send + 'a {
    RunBody { call: Call::new(move || body.end(sum), log, None, Phase::Exit), returned }
}

pin_project! {
    struct RunBody<'l, K, F> {
        #[pin]
        call: Call<'l, K, F>,
        returned: &'l mut Option<Result<u64, Failed>>,
    }
}

impl<K: FnOnce() -> F, F: Future<Output = Result<u64, Failed>>> Future for RunBody<'_, K, F> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let polled =
            catch_unwind(AssertUnwindSafe(|| this.call.as_mut().poll(cx, |ended| **this.returned = Some(ended))));
        polled.unwrap_or_else(|payload| {
            // It may have panicked where its future was dropped.
            **this.returned = None;
            this.call.as_mut().give_up(payload);
            Poll::Ready(())
        })
    }
}
