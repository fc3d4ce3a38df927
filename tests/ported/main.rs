//! Cases of the test suites of other systems, as far as they carry over to Rust and no law, model or other test here
//! covers them. The comment of each names the original. What does not carry over stands in the same file, with the
//! reason.

mod arrow;
mod cats;
mod javascript;
mod python;

use futures::future::BoxFuture;
use std::pin::{Pin, pin};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use withal::OutcomeKind::Completed;
use withal::testing::Event::{self, ExitStarted, Exited};
use withal::testing::{Ledger, READY, Script, Step};
use withal::{BoxError, Failures, OutcomeKind, Reaper, ScopeError};

/// What a body returns.
type Done<T = ()> = Result<T, BoxError>;

const OK: Script = Script { enter: READY, exit: READY };
const SLOW: Script = Script { enter: READY.pending(1), exit: READY.pending(1) };

fn enters(enter: Step) -> Script {
    Script { enter, exit: READY }
}

/// Numbers, in the order in which they were added.
#[derive(Debug, Default)]
struct Log(Mutex<Vec<u32>>);

impl Log {
    fn add(&self, number: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(number);
    }

    /// Adds a number at the end of an exit.
    #[expect(clippy::unnecessary_wraps, reason = "what an exit returns is a result")]
    fn note(&self, number: u32) -> Done {
        self.add(number);
        Ok(())
    }

    fn all(&self) -> Vec<u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An error that can be told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("fault {0}")]
struct Fault(u32);

/// The numbers of the faults among the failures, in member order.
fn faults(failures: &Failures) -> Vec<u32> {
    failures.iter().filter_map(|failure| failure.error().downcast_ref()).map(|Fault(number)| *number).collect()
}

/// The error of a scope whose body did not fail by itself.
fn scope_error<T>(result: Done<T>) -> ScopeError {
    match result.map(drop).unwrap_err().downcast() {
        Ok(error) => *error,
        Err(other) => panic!("no error of a scope: {other}"),
    }
}

/// Polls a future that stays pending, and returns what happened in that poll.
fn tick<F: Future + ?Sized>(ledger: &Ledger, future: Pin<&mut F>) -> Vec<Event> {
    let before = ledger.events().len();
    assert!(ledger.poll(future).is_pending(), "it came to its end: {:?}", ledger.events());
    ledger.events().split_off(before)
}

/// Polls a future until it is ready.
fn finish<F: Future>(ledger: &Ledger, future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..100 {
        if let Poll::Ready(output) = ledger.poll(future.as_mut()) {
            return output;
        }
    }
    panic!("it waits for something: {:?}", ledger.events());
}

/// What exits were told, in the order in which they started.
fn told(ledger: &Ledger) -> Vec<(usize, OutcomeKind)> {
    let told = |event| if let Event::ExitStarted(id, kind) = event { Some((id, kind)) } else { None };
    ledger.events().into_iter().filter_map(told).collect()
}

/// The events of members that are exited one by one after a body that succeeded.
fn exits(ids: impl IntoIterator<Item = usize>) -> Vec<Event> {
    ids.into_iter().flat_map(|id| [ExitStarted(id, Completed), Exited(id)]).collect()
}

/// A reaper whose tasks are run by the test.
fn reaper() -> (Reaper, Receiver<BoxFuture<'static, ()>>) {
    let (send, tasks) = channel();
    (Reaper::new(move |task| send.send(task).expect("the test runs them")), tasks)
}
