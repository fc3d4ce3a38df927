//! A group that is entered, exited or abandoned outside a scope: by a resource that delegates to it.

use crate::error::Failures;
use crate::member::{EnterState, ExitWith, Hold, Root};
use crate::outcome::Outcome;
use crate::panic_log::PanicLog;

/// Enters all members. If one fails, exits those that entered and returns the failures. Resumes the earliest panic.
pub(crate) async fn enter<H: Hold>(hold: H) -> Result<H::Guard, Failures> {
    let (state, panics) = (EnterState::by_hand(), PanicLog::new());
    let mut root = Root::new(hold, &state, &panics);
    if root.enter_all().await {
        // The work of the members goes on, and waits for their exits.
        return Ok(root.leave());
    }
    root.exit(ExitWith::RollBack).await;
    Err(root.take_failures().resume_panic())
}

/// Exits all members and returns their failures. Resumes the earliest panic.
pub(crate) async fn exit<H: Hold>(hold: H, guard: H::Guard, outcome: Outcome<'_>) -> Result<(), Failures> {
    let (state, panics) = (EnterState::default(), PanicLog::new());
    let mut root = Root::new(hold, &state, &panics);
    root.put(Some(guard));
    root.exit(ExitWith::Outcome(outcome)).await;
    let failures = root.take_failures().resume_panic();
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

/// Abandons all members, the last one first. Resumes the first panic.
pub(crate) fn abandon<H: Hold>(hold: H, guard: H::Guard) {
    let (state, panics) = (EnterState::default(), PanicLog::new());
    Root::new(hold, &state, &panics).put(Some(guard));
}
