use super::on_thread::OnThread;
use crate::error::BoxError;
use std::boxed::Box;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future of the local resource `R`, which is polled and dropped on the thread on which it was created. Its output is
/// wrapped before it can leave that thread.
pub(super) struct Stay<'a, R, F, T, U> {
    future: OnThread<Pin<Box<F>>, R>,
    wrap: fn(T) -> U,
    is_told: &'a mut bool,
}

impl<'a, R, F, T, U> Stay<'a, R, F, T, U> {
    pub(super) fn new(future: F, wrap: fn(T) -> U, is_told: &'a mut bool) -> Self {
        Self { future: OnThread::new(Box::pin(future)), wrap, is_told }
    }
}

impl<R, F, T, U, E> Future for Stay<'_, R, F, T, U>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<U, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<U, BoxError>> {
        let wrap = self.wrap;
        let future = self.future.get_mut_or_leak();
        future.as_mut().poll(cx).map(|done| done.map(wrap).map_err(Into::into))
    }
}

/// If the future was polled or is dropped on another thread, that panic reports the resource, too.
impl<R, F, T, U> Drop for Stay<'_, R, F, T, U> {
    fn drop(&mut self) {
        *self.is_told |= !self.future.is_here();
    }
}
