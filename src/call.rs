//! One asynchronous call into the user's code.

use crate::panic::{Panic, catch};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// Makes a future, polls it to its end and drops it, each of them caught (law `panic-anywhere`).
///
/// Its output and every panic go to `note` within the poll in which they come, so that a drop of this future finds them
/// noted or not yet there, and never in between. A future that is dropped in flight is dropped in here.
pub(crate) async fn call<F: Future>(make: impl FnOnce() -> F, note: impl FnMut(Result<F::Output, Panic>)) {
    let mut make = Some(make);
    let mut flight = Flight { future: pin!(None), note };
    poll_fn(|cx| flight.poll(cx, &mut make)).await;
}

struct Flight<'a, F: Future, N: FnMut(Result<F::Output, Panic>)> {
    future: Pin<&'a mut Option<F>>,
    note: N,
}

impl<F: Future, N: FnMut(Result<F::Output, Panic>)> Flight<'_, F, N> {
    fn poll(&mut self, cx: &mut Context<'_>, make: &mut Option<impl FnOnce() -> F>) -> Poll<()> {
        let Self { future, note } = self;
        let polled = catch(|| {
            if let Some(make) = make.take() {
                future.set(Some(make()));
            }
            let running = future.as_mut().as_pin_mut();
            let Some(Poll::Ready(output)) = running.map(|running| running.poll(cx)) else {
                return Poll::Pending;
            };
            note(Ok(output));
            future.set(None);
            Poll::Ready(())
        });
        polled.unwrap_or_else(|panic| {
            (self.note)(Err(panic));
            self.land();
            Poll::Ready(())
        })
    }

    fn land(&mut self) {
        if self.future.is_some() {
            if let Err(panic) = catch(|| self.future.set(None)) {
                (self.note)(Err(panic));
            }
        }
    }
}

impl<F: Future, N: FnMut(Result<F::Output, Panic>)> Drop for Flight<'_, F, N> {
    fn drop(&mut self) {
        self.land();
    }
}
