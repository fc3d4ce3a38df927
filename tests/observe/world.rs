//! Members whose enter and exit go as they are told, polled by hand.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use withal::testing::{Ledger, READY, Script, Scripted, Step};
use withal::{Named, ResourceExt};

/// A member of this name, whose enter and exit go like this.
pub fn member(name: &'static str, enter: Step, exit: Step) -> Named<Scripted> {
    Ledger::new().member(0, Script { enter, exit }).named(name)
}

pub fn ready(name: &'static str) -> Named<Scripted> {
    member(name, READY, READY)
}

/// Pends once in each phase.
pub fn slow(name: &'static str) -> Named<Scripted> {
    member(name, READY.pending(1), READY.pending(1))
}

/// Fails to enter.
pub fn barred(name: &'static str) -> Named<Scripted> {
    member(name, Step::error(), READY)
}

/// Fails to exit.
pub fn stuck(name: &'static str) -> Named<Scripted> {
    member(name, READY, Step::error())
}

pub fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls to the end.
pub fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..100_000 {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return output;
        }
    }
    panic!("it hangs");
}

/// Pends once.
pub async fn once() {
    pend(1).await;
}

pub async fn pend(times: usize) {
    Ledger::new().pend(times).await;
}

/// Keeps the panics that a test expects out of its output.
pub fn quiet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref().copied()).unwrap_or_default();
            if !text.ends_with("as scripted") {
                loud(info);
            }
        }));
    });
}
