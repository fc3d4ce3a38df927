//! Signals from outside: that of `until`, and that of `abandon_on`.

mod signals;

pub(crate) use signals::{Fired, SignalPair, Signals};

use crate::panic_log::PanicLog;
use crate::unwind::{CaughtPanic, PanicOrigin, catch};
use core::future::Future;
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

/// Polls a signal, and drops it once it is ready, so that it is never polled again. Returns `true` if it fires now. A
/// signal that panics counts as ready.
#[inline]
fn poll<S: Future>(mut slot: Pin<&mut Option<S>>, cx: &mut Context<'_>, panics: &PanicLog) -> bool {
    if slot.is_none() {
        return false;
    }
    let polled = catch(|| slot.as_mut().as_pin_mut().is_some_and(|signal| signal.poll(cx).is_ready()));
    let fires = polled.unwrap_or_else(|panic| {
        panics.push(CaughtPanic { origin: PanicOrigin::Signal, ..panic });
        true
    });
    if fires {
        clear(slot, panics);
    }
    fires
}

/// Drops a signal, so that it cannot fire.
#[inline]
fn clear<S>(mut slot: Pin<&mut Option<S>>, panics: &PanicLog) {
    if slot.is_none() {
        return;
    }
    if let Err(panic) = catch(|| slot.set(None)) {
        panics.push(CaughtPanic { origin: PanicOrigin::Signal, ..panic });
    }
}
