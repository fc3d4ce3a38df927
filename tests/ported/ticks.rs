//! A test clock, as the originals have one: a poll by hand is a tick, and a step that is pending twice takes two.

use futures::future::BoxFuture;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::mpsc::{Receiver, channel};
use std::task::Poll;
use withal::testing::{Event, Ledger, READY, Script, ScriptedError, Step};
use withal::{Failures, OutcomeKind, Phase, Reaper};

pub const OK: Script = Script { enter: READY, exit: READY };

pub fn enters(enter: Step) -> Script {
    Script { enter, exit: READY }
}

pub fn exits(exit: Step) -> Script {
    Script { enter: READY, exit }
}

/// Lets one tick pass, in which the future does not come to its end; gives what happened in it.
pub fn tick<F: Future + ?Sized>(ledger: &Ledger, future: Pin<&mut F>) -> Vec<Event> {
    let before = ledger.events().len();
    assert!(ledger.poll(future).is_pending(), "it came to its end: {:?}", ledger.events());
    ledger.events().split_off(before)
}

/// Lets time pass until the future comes to its end.
pub fn finish<F: Future>(ledger: &Ledger, future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..100 {
        if let Poll::Ready(output) = ledger.poll(future.as_mut()) {
            return output;
        }
    }
    panic!("it waits for something: {:?}", ledger.events());
}

/// What exits were told, in the order in which they started.
pub fn told(ledger: &Ledger) -> Vec<(usize, OutcomeKind)> {
    let told = |event| if let Event::ExitStarted(id, kind) = event { Some((id, kind)) } else { None };
    ledger.events().into_iter().filter_map(told).collect()
}

/// The scripted members that failed, in member order.
pub fn failed(failures: &Failures) -> Vec<(Phase, usize)> {
    let id = |error: &(dyn std::error::Error + 'static)| error.downcast_ref::<ScriptedError>().expect("scripted").0;
    failures.iter().map(|failure| (failure.phase(), id(failure.error()))).collect()
}

/// A reaper whose tasks are run by the test.
pub fn reaper() -> (Reaper, Receiver<BoxFuture<'static, ()>>) {
    let (send, tasks) = channel();
    (Reaper::new(move |task| send.send(task).expect("the test runs them")), tasks)
}
