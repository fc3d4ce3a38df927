use crate::unwind::{CaughtPanic, catch, resume};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// The future of an enter or exit, for a caller that polls several of them in one `catch_unwind`.
///
/// A catch keeps the compiler from inlining what is in it, so one for each member costs more than all the rest. It can
/// be polled after it is over, and returns the same result then.
pub trait MemberFuture: Future<Output = bool> + Send {
    /// Whether [`poll_unwind`](Self::poll_unwind) can panic.
    const UNWINDS: bool;

    /// Polls it like [`poll`](Future::poll), but lets the panic of a member through. The caller catches it, passes it
    /// to [`record_panic`](Self::record_panic), and then polls this again, because others in it are still to be polled.
    fn poll_unwind(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool>;

    /// Records a panic of [`poll_unwind`](Self::poll_unwind). The member that panicked is over.
    fn record_panic(self: Pin<&mut Self>, panic: CaughtPanic);

    /// Polls it, and catches the panics of members.
    #[inline]
    fn poll_caught(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        if !Self::UNWINDS {
            return self.poll_unwind(cx);
        }
        loop {
            match catch(|| self.as_mut().poll_unwind(cx)) {
                Ok(polled) => return polled,
                Err(panic) => self.as_mut().record_panic(panic),
            }
        }
    }
}

impl<F: MemberFuture> MemberFuture for Pin<&mut F> {
    const UNWINDS: bool = F::UNWINDS;

    #[inline]
    fn poll_unwind(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        self.as_mut().as_deref_mut().poll_unwind(cx)
    }

    fn record_panic(mut self: Pin<&mut Self>, panic: CaughtPanic) {
        self.as_mut().as_deref_mut().record_panic(panic);
    }
}

pin_project! {
    /// A future that catches the panics of members itself.
    #[must_use = "a future does nothing unless it is awaited"]
    pub(crate) struct Catching<F> {
        #[pin]
        future: F,
        result: Option<bool>,
    }
}

impl<F> Catching<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future, result: None }
    }
}

impl<F: Future<Output = bool>> Future for Catching<F> {
    type Output = bool;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let this = self.project();
        if let Some(well) = *this.result {
            return Poll::Ready(well);
        }
        let polled = this.future.poll(cx);
        if let Poll::Ready(well) = polled {
            *this.result = Some(well);
        }
        polled
    }
}

impl<F: Future<Output = bool> + Send> MemberFuture for Catching<F> {
    const UNWINDS: bool = false;

    #[inline]
    fn poll_unwind(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        self.poll(cx)
    }

    /// Resumes a panic that is none of a member's, such as that of a waker.
    fn record_panic(self: Pin<&mut Self>, panic: CaughtPanic) {
        resume::<()>(panic.into_payload(), ());
    }
}

pin_project! {
    /// A future of members, whose panics it catches.
    #[must_use = "a future does nothing unless it is awaited"]
    pub(crate) struct Caught<F> {
        #[pin]
        pub(crate) future: F,
    }
}

impl<F: MemberFuture> Future for Caught<F> {
    type Output = bool;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        self.project().future.poll_caught(cx)
    }
}
