//! Scopes within scopes: how a scope that is polled in the body of another one finds it, and what the two tell each
//! other (laws `nested-until`, `nested-reap`, `shielded`).
//!
//! | who | does | wakes |
//! |---|---|---|
//! | the outer scope | gives its body up, and polls it until all within it is out | all within, each by the waker of its last poll |
//! | an inner scope | gives up its own body, exits its members, leaves, and stays pending | the outer scope |
//! | the outer scope | drops the body, and exits its members | what was moved out of the body, and returns now |
//!
//! A [`Level`] is created when the first scope is polled within a body, so a scope with none around it and none within
//! it has none, and allocates nothing. The driver of a scope asks the functions below, which concern the scope that
//! this thread polls.

mod cancelled;
mod current;
mod level;
mod registration;
mod rest;
mod scope_future;
mod shield;

pub use cancelled::cancelled;
pub(crate) use current::{apart, in_body, is_given_up, is_nested};
pub(crate) use level::Level;
pub(crate) use rest::{leave_body, rest};
pub(crate) use scope_future::nestable;
pub use shield::shield;

use crate::error::Failures;
use crate::panic_log::PanicLog;
use crate::unwind::{each, is_panicking, resume};
use alloc::sync::Arc;
use core::task::Context;
use level::Stage;
use registration::Registration;

/// The level of the body of a scope, or of a shield, which owns it.
struct OwnLevel(Arc<Level>);

impl OwnLevel {
    /// Returns the stage of the body around, and has this poll's waker woken when that changes.
    fn poll_around(&self, cx: &mut Context<'_>) -> Option<Stage> {
        self.0.around().map(|around| around.poll(cx))
    }

    /// Records that its owner is out. Returns the stage of the body around.
    fn leave(&self) -> Option<Stage> {
        self.0.around().map(Registration::leave)
    }
}

/// Closes the level, so that what was moved out of the body returns, and leaves the body around. Panics of inner bodies
/// resume here if the scope was dropped.
impl Drop for OwnLevel {
    fn drop(&mut self) {
        let level = &self.0;
        // Both call wakers, which can panic.
        let close: &dyn Fn() = &|| level.close();
        let leave: &dyn Fn() = &|| level.around().into_iter().for_each(Registration::end);
        each([close, leave], |end| end());
        let mut panics = level.take_panics();
        panics.sort_by_key(|panic| panic.stamp);
        if let Some(first) = panics.into_iter().next().filter(|_| !is_panicking()) {
            resume::<()>(first.into_payload(), ());
        }
    }
}

/// Cancels and wakes what is within the body of the current scope, which is given up.
#[cold]
pub(crate) fn give_up() {
    if let Some(level) = current::level() {
        level.give_up();
    }
}

/// Returns `true` if the body of the current scope can be dropped, after a poll of it. If not, this poll's waker is
/// woken when it can.
#[cold]
pub(crate) fn is_quiet(cx: &mut Context<'_>) -> bool {
    current::level().is_none_or(|level| level.is_quiet(cx))
}

/// Records that the body of the current scope is dropped, and adds the panics of inner bodies.
#[inline]
pub(crate) fn close(panics: &PanicLog) {
    if current::has_level() {
        close_level(panics);
    }
}

#[cold]
fn close_level(panics: &PanicLog) {
    if let Some(level) = current::level() {
        let mut inner = level.take_panics();
        inner.sort_by_key(|panic| panic.stamp);
        for panic in inner {
            panics.push(panic);
        }
        level.close();
    }
}

/// Adds the failures of scopes that were within the body of the current scope and did not return into it.
#[inline]
pub(crate) fn add_failures(failures: &mut Failures) {
    if current::has_level() {
        add_failures_within(failures);
    }
}

#[cold]
fn add_failures_within(failures: &mut Failures) {
    if let Some(level) = current::level() {
        failures.append(level.take_failures());
    }
}

/// Returns the level of the current scope's body, for a task that finishes the scope elsewhere.
pub(crate) fn level() -> Option<Arc<Level>> {
    current::level()
}

/// Records that the current scope, if it is within others, is finished on this reaper while the returned value lives.
pub(crate) fn reaping(reaper: usize) -> Option<ReapingGuard> {
    ReapingGuard::new(current::level()?.around()?.level(), reaper)
}

/// Records that an owned scope is finished on this reaper while the returned value lives. It was dropped by the body
/// that this thread polls, or with the body of the current scope.
pub(crate) fn reaping_owned(reaper: usize) -> Option<ReapingGuard> {
    ReapingGuard::new(&current::innermost()?, reaper)
}

/// A scope that was within others, and is finished on a reaper.
pub(crate) struct ReapingGuard {
    around: Arc<Level>,
    reaper: usize,
}

impl ReapingGuard {
    #[expect(clippy::unnecessary_wraps, reason = "its callers have none without a level")]
    fn new(around: &Arc<Level>, reaper: usize) -> Option<Self> {
        around.chain().for_each(|level| level.note_reaping(reaper));
        Some(Self { around: Arc::clone(around), reaper })
    }
}

impl Drop for ReapingGuard {
    fn drop(&mut self) {
        // It calls wakers, which can panic.
        each(self.around.chain(), |level| level.note_reaped(self.reaper));
    }
}
