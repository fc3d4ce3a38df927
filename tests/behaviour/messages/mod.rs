//! What a user sees when something goes wrong: the exact texts, the sources, the way back to one's own error type.

mod causes;
mod deaths;
mod delegation;
mod error_types;
mod mapped_panics;
mod names;
mod panics;
mod printed_once;
mod texts;

use withal::{Failures, Outcome, Resource};
use withal_common::pend;

/// Delegates to any resource, and has no name of its own.
struct Delegate<R>(R);

impl<R: Resource> Resource for Delegate<R> {
    type Guard = R::Guard;
    type Error = R::Error;

    async fn enter(&mut self) -> Result<R::Guard, R::Error> {
        self.0.enter().await
    }

    async fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> Result<(), R::Error> {
        self.0.exit(guard, outcome).await
    }
}

/// The error of most members and bodies here: its `Display` is its text, its `Debug` is `Trouble("text")`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
struct Trouble(&'static str);

/// A member that is sound, or fails with the error given in one of its phases, after so many polls.
struct Server<E = Trouble> {
    enter: Option<E>,
    exit: Option<E>,
    after: usize,
}

impl Server {
    fn sound() -> Self {
        Self { enter: None, exit: None, after: 0 }
    }
}

impl<E> Server<E> {
    fn refuses(error: E) -> Self {
        Self { enter: Some(error), exit: None, after: 0 }
    }

    fn sticks(error: E) -> Self {
        Self { enter: None, exit: Some(error), after: 0 }
    }

    fn after(self, polls: usize) -> Self {
        Self { after: polls, ..self }
    }
}

impl<E: Into<withal::BoxError> + Send> Resource for Server<E> {
    type Guard = u32;
    type Error = E;

    async fn enter(&mut self) -> Result<u32, E> {
        pend(self.after).await;
        self.enter.take().map_or(Ok(1), Err)
    }

    async fn exit(&mut self, _: u32, _: Outcome<'_>) -> Result<(), E> {
        pend(self.after).await;
        self.exit.take().map_or(Ok(()), Err)
    }
}

/// Each failure in a line of its own, in member order.
fn lines(failures: &Failures) -> Vec<String> {
    failures.iter().map(ToString::to_string).collect()
}
