//! After the tests of `resourceScope`, `Resource`, `bracketCase`, `guaranteeCase`, `parZip` and `parMap` in Arrow's
//! fx-coroutines: the behaviour, not the text.
//!
//! `install` is a member, or an `enter` on a stack; `onRelease` is `defer`; `parZip` is a tuple, or enters on a pool
//! that are joined; `raise` and a thrown error are an `Err`; a `CancellationException` is a scope `until` a signal, or
//! one that is dropped on a reaper. A fatal error is a panic.

mod allocate;
mod errors;
mod par_zip;
mod scope;

use std::sync::Mutex;
use withal::{BoxError, Outcome, OutcomeKind, Resource, defer};

/// What exits were told, with the text of the cause.
type Heard = Mutex<Vec<(OutcomeKind, Option<String>)>>;

fn heard(outcome: Outcome<'_>) -> (OutcomeKind, Option<String>) {
    let cause = match outcome {
        Outcome::Failed(cause) => cause.body::<BoxError>().map(ToString::to_string),
        Outcome::EnterFailed(cause) => Some(format!("{cause:?}")),
        _ => None,
    };
    (outcome.kind(), cause)
}

fn hears(to: &Heard) -> impl Resource<Guard = ()> {
    defer(async |outcome| {
        to.lock().unwrap().push(heard(outcome));
        Ok(())
    })
}

// What does not carry over, and why:
//
// - A fatal error that skips the releases: a panic is caught, all are released, and it resumes; see `errors`.
// - `CancellationException`: a cancellation is no error here. It comes from a signal, or a drop, and has no message
//   that
//   exits could be told. One that a release causes changes nothing; there, it becomes the error of the scope. And a
//   `raise` that leaves the scope is told as `Failed`; there, it is a cancellation.
// - A release that is called twice: `close` and `exit` take what they release, so a second call does not compile.
// - `release(ExitCase(e))` by hand: nobody can make an `Outcome::Failed` of an error of his own. A scope over what was
//   allocated tells it; see `allocate`.
// - `install` within an `install` of the same scope: a stack is lent to the body, and what is entered on it cannot
//   borrow
//   it. One that is acquired while another one is belongs into that one, by `around` and `then`; see `scope`.
// - `asFlow`: a stream cannot await when it is dropped, so a scope inside of one would be abandoned.
// - `closeable`, `autoCloseable` on a dispatcher of their own: a `Drop`, or an exit that awaits what it spawns.
// - `parMapNotNull`: no adaptor changes the guards. Leave a member out before, as an `Option`.
