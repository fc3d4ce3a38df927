//! The two signals of a scope, in the order in which it acts on them.

use super::{NoSignal, clear, poll};
use crate::nest;
use crate::panic_log::PanicLog;
use core::future::{Future, poll_fn};
use core::mem::replace;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

pin_project! {
    /// The signals themselves: that of `until`, and that of `abandon_on`.
    pub(crate) struct SignalPair<S, A> {
        #[pin]
        pub(crate) until: Option<S>,
        #[pin]
        pub(crate) abandon: Option<A>,
    }
}

impl<A> SignalPair<NoSignal, A> {
    /// Creates the signals of an owned scope while it is closed.
    pub(crate) fn of_opened(abandon: Option<A>) -> Self {
        Self { until: None, abandon }
    }
}

impl<S, A> SignalPair<S, A> {
    pub(crate) fn take(&mut self) -> Self {
        Self { until: self.until.take(), abandon: self.abandon.take() }
    }
}

/// The signals of a scope while it runs. The first one cancels it, and so does the body around the scope when it is
/// given up: one of both, once. The second one abandons it.
pub(crate) struct Signals<'a, S, A> {
    pair: Pin<&'a mut SignalPair<S, A>>,
    is_cancelled: bool,
    is_abandoned: bool,
    panics: &'a PanicLog,
}

impl<'a, S: Future, A: Future> Signals<'a, S, A> {
    pub(crate) fn new(pair: Pin<&'a mut SignalPair<S, A>>, panics: &'a PanicLog) -> Self {
        Self { pair, is_cancelled: false, is_abandoned: false, panics }
    }

    /// Returns `true` if there is a signal that can still fire.
    pub(crate) fn is_armed(&self) -> bool {
        self.pair.until.is_some() || self.pair.abandon.is_some()
    }

    /// Returns `true` if the second signal has fired.
    #[inline]
    pub(crate) fn is_abandoned(&self) -> bool {
        // A scope that can have no such signal does not ask: that has no value, and the `Option` no size.
        size_of::<Option<A>>() != 0 && self.is_abandoned
    }

    /// Returns `true` if the scope is cancelled now because the body around is given up.
    #[inline]
    pub(crate) fn fires_if_given_up(&mut self) -> bool {
        nest::is_given_up() && self.cancel()
    }

    /// Returns `true` if the scope was not cancelled yet.
    #[cold]
    fn cancel(&mut self) -> bool {
        self.clear_until();
        !replace(&mut self.is_cancelled, true)
    }

    /// Polls both signals, that of `abandon_on` first. Returns `true` if one of them fires now.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if poll(self.pair.as_mut().project().abandon, cx, self.panics) {
            self.is_abandoned = true;
            return true;
        }
        if self.fires_if_given_up() {
            return true;
        }
        poll(self.pair.as_mut().project().until, cx, self.panics) && self.cancel()
    }

    /// Polls both signals once. Resolves to `true` if one of them fires now.
    pub(crate) fn fires(&mut self) -> impl Future<Output = bool> {
        poll_fn(|cx| Poll::Ready(self.poll(cx)))
    }

    /// Runs some work to completion, and calls `fired` if a signal fires before. Returns the output, and whether a
    /// signal fired in the poll in which the work ended: the work takes precedence then.
    ///
    /// The signals are polled first: busy work could use up the budget of a cooperative runtime, and then no signal of
    /// that runtime would be ready for the rest of the poll (law `signal-is-heard`). In the first poll
    /// [`poll`](Self::poll) has polled them already. The work is not polled twice: `fired` wakes the members that have
    /// to stop. When the scope is abandoned it is, because that poll ends it.
    pub(crate) fn during<W: Future>(
        &mut self,
        mut work: Pin<&mut W>,
        mut fired: impl FnMut(Fired),
    ) -> impl Future<Output = (W::Output, bool)> {
        let mut is_polled = true;
        poll_fn(move |cx| {
            let is_up = !replace(&mut is_polled, false) && self.poll(cx);
            let mut is_told = !is_up;
            // There is one call, so that the compiler inlines it.
            loop {
                match work.as_mut().poll(cx) {
                    Poll::Ready(output) => return Poll::Ready((output, is_up)),
                    Poll::Pending if replace(&mut is_told, true) => return Poll::Pending,
                    Poll::Pending if self.is_abandoned() => fired(Fired::Abandon),
                    Poll::Pending => {
                        fired(Fired::Until);
                        return Poll::Pending;
                    }
                }
            }
        })
    }
}

impl<S, A: Future> Signals<'_, S, A> {
    /// Runs the exits to completion. Calls `abandon` if the signal of `abandon_on` fires before, which ends them with
    /// the next poll. Exits that end in the same poll take precedence. The other signal is not polled.
    ///
    /// Before the first poll, [`poll`](Self::poll) has polled the signal already.
    pub(crate) fn during_exits<W: Future + ?Sized>(
        &mut self,
        mut exits: Pin<&mut W>,
        abandon: impl Fn(),
    ) -> impl Future<Output = W::Output> {
        let mut is_polled = true;
        poll_fn(move |cx| {
            let fires = !replace(&mut is_polled, false) && poll(self.pair.as_mut().project().abandon, cx, self.panics);
            let mut is_told = !fires;
            // There is one call, so that the compiler inlines it.
            loop {
                let polled = exits.as_mut().poll(cx);
                if polled.is_ready() || replace(&mut is_told, true) {
                    return polled;
                }
                self.is_abandoned = true;
                abandon();
            }
        })
    }
}

/// The signal that fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fired {
    /// That of `until`, or the body around is given up.
    Until,
    /// That of `abandon_on`.
    Abandon,
}

impl<S, A> Signals<'_, S, A> {
    /// Takes the signal of `abandon_on`, unless it has fired.
    pub(crate) fn take_abandon(&mut self) -> Option<A>
    where
        A: Unpin,
    {
        self.pair.as_mut().project().abandon.get_mut().take()
    }

    /// Drops the signal of `until`, so that it cannot fire.
    pub(crate) fn clear_until(&mut self) {
        clear(self.pair.as_mut().project().until, self.panics);
    }
}

impl<S, A> Drop for Signals<'_, S, A> {
    #[inline]
    fn drop(&mut self) {
        self.clear_until();
        clear(self.pair.as_mut().project().abandon, self.panics);
    }
}
