//! The signal that cancels a scope from outside.

use crate::nest;
use crate::panic_log::PanicLog;
use crate::unwind::{CaughtPanic, catch};
use core::future::{Future, poll_fn};
use core::mem::replace;
use core::pin::Pin;
use core::task::{Context, Poll};

/// The signal of a scope that has none.
///
/// It has no values, so that a scope without a signal does not pay for one.
#[derive(Debug)]
pub enum NoSignal {}

impl Future for NoSignal {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match *self {}
    }
}

/// A signal. It is dropped once it is ready, so it is never polled again. A signal that panics counts as ready. It also
/// fires when the body around the scope is given up. It fires once.
pub(super) struct UntilSignal<'a, S> {
    future: Pin<&'a mut Option<S>>,
    has_fired: bool,
    panics: &'a PanicLog,
}

impl<'a, S: Future> UntilSignal<'a, S> {
    pub(super) fn new(future: Pin<&'a mut Option<S>>, panics: &'a PanicLog) -> Self {
        Self { future, has_fired: false, panics }
    }

    /// Returns `true` if there is a signal that can still fire.
    pub(super) fn is_armed(&self) -> bool {
        self.future.is_some()
    }

    /// Returns `true` if it fires now because the body around is given up.
    #[inline]
    pub(super) fn fires_if_given_up(&mut self) -> bool {
        nest::is_given_up() && self.fire()
    }

    /// Returns `true` if it has not fired yet.
    #[cold]
    fn fire(&mut self) -> bool {
        self.clear();
        !replace(&mut self.has_fired, true)
    }

    /// Polls the signal. Returns `true` if it fires now.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if self.fires_if_given_up() {
            return true;
        }
        if !self.is_armed() {
            return false;
        }
        let polled = catch(|| self.future.as_mut().as_pin_mut().is_some_and(|signal| signal.poll(cx).is_ready()));
        let fired = polled.unwrap_or_else(|panic| {
            self.panics.push(CaughtPanic { is_signals: true, ..panic });
            true
        });
        fired && self.fire()
    }

    /// Polls the signal once. Resolves to `true` if it fires now.
    pub(super) fn fires(&mut self) -> impl Future<Output = bool> {
        poll_fn(|cx| Poll::Ready(self.poll(cx)))
    }

    /// Runs some work to completion, and calls `fired` if the signal fires before. Returns the output, and whether the
    /// signal fired in the poll in which the work ended: the work takes precedence then.
    ///
    /// The signal is polled first: busy work could use up the budget of a cooperative runtime, and then no signal of
    /// that runtime would be ready for the rest of the poll (law `signal-is-heard`). In the first poll
    /// [`fires`](Self::fires) has done so already. The work is not polled twice: `fired` wakes the members that have to
    /// stop.
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
}

impl<S> UntilSignal<'_, S> {
    /// Drops the signal, so that it cannot fire.
    pub(super) fn clear(&mut self) {
        if self.future.is_none() {
            return;
        }
        if let Err(panic) = catch(|| self.future.set(None)) {
            self.panics.push(CaughtPanic { is_signals: true, ..panic });
        }
    }
}

impl<S> Drop for UntilSignal<'_, S> {
    #[inline]
    fn drop(&mut self) {
        self.clear();
    }
}
