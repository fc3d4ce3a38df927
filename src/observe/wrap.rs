use super::span::Span;

/// Observes one call. Its span is entered when the future is created, on each poll, and when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Wrap(Span);

impl Wrap {
    pub(super) fn new(span: Span) -> Self {
        Self(span)
    }

    /// Runs a synchronous call in the span.
    pub(crate) fn during<T>(&self, call: impl FnOnce() -> T) -> T {
        let _entered = self.0.enter();
        call()
    }

    pub(crate) fn around<F>(self, make: impl FnOnce() -> F) -> Watched<F> {
        let future = self.during(make);
        watched(self, future)
    }
}

/// An observed future: the future itself.
#[cfg(not(feature = "tracing"))]
pub(crate) type Watched<F> = F;

#[cfg(not(feature = "tracing"))]
fn watched<F>(_: Wrap, future: F) -> Watched<F> {
    future
}

#[cfg(feature = "tracing")]
pub(crate) use traced::Watched;
#[cfg(feature = "tracing")]
use traced::watched;

#[cfg(feature = "tracing")]
mod traced {
    use super::Wrap;
    use core::future::Future;
    use core::pin::Pin;
    use core::task::{Context, Poll};
    use pin_project_lite::pin_project;

    pub(super) fn watched<F>(wrap: Wrap, future: F) -> Watched<F> {
        Watched { future: Some(future), wrap }
    }

    pin_project! {
        /// A future in its span. It is in an `Option`, so that it can be dropped within the span.
        ///
        /// If a subscriber panics during the drop, `tracing::Instrumented` would forget the future, with its guard.
        pub(crate) struct Watched<F> {
            #[pin]
            future: Option<F>,
            wrap: Wrap,
        }

        impl<F> PinnedDrop for Watched<F> {
            fn drop(this: Pin<&mut Self>) {
                let mut this = this.project();
                this.wrap.during(|| this.future.set(None));
            }
        }
    }

    impl<F: Future> Future for Watched<F> {
        type Output = F::Output;

        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
            let this = self.project();
            match this.future.as_pin_mut() {
                Some(future) => this.wrap.during(|| future.poll(cx)),
                None => Poll::Pending,
            }
        }
    }
}
