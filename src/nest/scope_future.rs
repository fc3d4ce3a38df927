use super::OwnLevel;
use super::current::Frame;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// Creates the future of a scope from the one that drives it.
#[inline]
pub(crate) fn nestable<D: Future>(driving: D) -> impl Future<Output = D::Output> {
    ScopeFuture { driving: Some(driving), is_begun: false, level: None }
}

pin_project! {
    /// The future of a scope. It belongs to the body in which it is first polled. What it polls and drops is no part of
    /// that body.
    struct ScopeFuture<D> {
        #[pin]
        driving: Option<D>,
        is_begun: bool,
        // The last field: the scope counts as in until its members are exited, abandoned or passed to a reaper.
        level: Option<OwnLevel>,
    }

    impl<D> PinnedDrop for ScopeFuture<D> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let frame = Frame::new(this.level);
            if frame.is_needed() {
                frame.drop_scope();
                this.driving.set(None);
            }
        }
    }
}

impl<D: Future> Future for ScopeFuture<D> {
    type Output = D::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<D::Output> {
        let this = self.project();
        let mut frame = Frame::new(this.level);
        if frame.is_needed() {
            frame.poll_scope(!*this.is_begun, cx);
        }
        *this.is_begun = true;
        // There is one call, so that the compiler inlines it.
        this.driving.as_pin_mut().expect("it is there until this is dropped").poll(cx)
    }
}
