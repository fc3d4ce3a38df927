//! What cancels a scope from outside.

use crate::panic::Panics;
use crate::unwind::{Panic, catch};
use core::future::{Future, poll_fn};
use core::mem::replace;
use core::pin::Pin;
use core::task::{Context, Poll};

/// The signal of a scope that has none.
///
/// It has no values, so that a scope does not pay for a signal that it has not.
#[derive(Debug)]
pub enum NoSignal {}

impl Future for NoSignal {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match *self {}
    }
}

/// A signal, polled until it is ready and never again: it is gone then. One that panics is ready, too.
pub(super) struct Signal<'a, S> {
    future: Pin<&'a mut Option<S>>,
    panics: &'a Panics,
}

impl<'a, S: Future> Signal<'a, S> {
    pub(super) fn new(future: Pin<&'a mut Option<S>>, panics: &'a Panics) -> Self {
        Self { future, panics }
    }

    /// Returns whether it is there, and can fire.
    pub(super) fn is_armed(&self) -> bool {
        self.future.is_some()
    }

    /// Returns whether it fires now.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.is_armed() {
            return false;
        }
        let polled = catch(|| self.future.as_mut().as_pin_mut().is_some_and(|signal| signal.poll(cx).is_ready()));
        let fired = polled.unwrap_or_else(|panic| {
            self.panics.push(Panic { is_signals: true, ..panic });
            true
        });
        if fired {
            self.clear();
        }
        fired
    }

    /// Returns whether it fires now.
    pub(super) fn fires(&mut self) -> impl Future<Output = bool> {
        poll_fn(|cx| Poll::Ready(self.poll(cx)))
    }

    /// Drives some work to its end, and calls `fired` when the signal fires on the way. Returns whether it fired, too,
    /// in the poll in which the work ended: that work wins.
    ///
    /// The signal is polled first: busy work could use up the budget of a cooperative runtime, and then no signal of
    /// that runtime would be ready for the rest of the poll (law `signal-is-heard`). In the first poll
    /// [`fires`](Self::fires) has done so already. The work is not polled twice: what has to notice the signal is
    /// woken.
    pub(super) fn during<W: Future>(
        &mut self,
        mut work: Pin<&mut W>,
        mut fired: impl FnMut(),
    ) -> impl Future<Output = (W::Output, bool)> {
        let mut is_polled = true;
        poll_fn(move |cx| {
            let is_up = !replace(&mut is_polled, false) && self.poll(cx);
            match work.as_mut().poll(cx) {
                Poll::Ready(output) => Poll::Ready((output, is_up)),
                Poll::Pending => {
                    if is_up {
                        fired();
                    }
                    Poll::Pending
                }
            }
        })
    }

    /// Drives some work until it is done, or until the signal fires: then there is no output. The signal is polled
    /// first, as in [`during`](Self::during), and work that is ready in the same poll wins.
    pub(super) fn unless<W: Future>(&mut self, mut work: Pin<&mut W>) -> impl Future<Output = Option<W::Output>> {
        poll_fn(move |cx| {
            let fires = self.poll(cx);
            match work.as_mut().poll(cx) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if fires => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        })
    }
}

impl<S> Signal<'_, S> {
    /// Drops it: it does not fire any more.
    pub(super) fn clear(&mut self) {
        if self.future.is_none() {
            return;
        }
        if let Err(panic) = catch(|| self.future.set(None)) {
            self.panics.push(Panic { is_signals: true, ..panic });
        }
    }
}

impl<S> Drop for Signal<'_, S> {
    #[inline]
    fn drop(&mut self) {
        self.clear();
    }
}
