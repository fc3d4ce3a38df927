//! What the test suites of other systems check, behaviour by behaviour, as far as it carries over to Rust. What does
//! not stands at the end of each file, with the reason.

mod arrow;
mod cats;
mod javascript;
mod python;
mod ticks;

use std::sync::{Mutex, PoisonError};
use withal::{BoxError, Failures, ScopeError};

/// What a body returns.
type Done<T = ()> = Result<T, BoxError>;

/// What happened, in its order.
#[derive(Debug, Default)]
struct Log(Mutex<Vec<u32>>);

impl Log {
    fn add(&self, number: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(number);
    }

    /// Does the same, as the end of an exit.
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

/// What a scope says that failed beside its body.
fn scope_error<T>(result: Done<T>) -> ScopeError {
    match result.map(drop).unwrap_err().downcast() {
        Ok(error) => *error,
        Err(other) => panic!("no error of a scope: {other}"),
    }
}
