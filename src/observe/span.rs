//! The spans of `tracing`. A panic of the subscriber is caught: it reaches the panic hook, and nothing else.

use super::quietly;
use crate::outcome::OutcomeKind;
use core::panic::AssertUnwindSafe;
use tracing::field::{Empty, debug};

/// A span, or none. Panics of its subscriber do not leave it, so it is `UnwindSafe`.
#[derive(Debug)]
pub(super) struct Span(AssertUnwindSafe<tracing::Span>);

impl Span {
    pub(super) fn none() -> Self {
        Self(AssertUnwindSafe(tracing::Span::none()))
    }

    /// Creates the span of a scope, below the current one.
    pub(super) fn scope<'a>(name: impl Fn() -> &'a str) -> Self {
        Self::made(|| tracing::info_span!(target: "withal", "scope", name = name(), outcome = Empty, error = Empty))
    }

    /// Creates the span of a member's enter, below this one.
    pub(super) fn enter_of(&self, name: &str, path: &[usize]) -> Self {
        self.below(|| {
            let (parent, path) = (&*self.0, debug(path));
            tracing::info_span!(target: "withal", parent: parent, "enter", name, path, error = Empty)
        })
    }

    /// Creates the span of a member's exit, below this one.
    pub(super) fn exit_of(&self, name: &str, path: &[usize], told: Option<OutcomeKind>) -> Self {
        self.below(|| {
            let (parent, path, outcome) = (&*self.0, debug(path), told.map(debug));
            tracing::info_span!(target: "withal", parent: parent, "exit", name, path, outcome, error = Empty)
        })
    }

    /// Records the event that a member is abandoned, below this span.
    pub(super) fn abandoned(&self, name: &str, path: &[usize]) {
        self.at_home(|| {
            let (parent, path) = (&*self.0, debug(path));
            tracing::info!(target: "withal", parent: parent, name, path, "abandoned");
        });
    }

    pub(super) fn is_none(&self) -> bool {
        self.0.is_disabled()
    }

    pub(super) fn record_outcome(&self, outcome: OutcomeKind) {
        quietly(|| {
            self.0.record("outcome", debug(outcome));
        });
    }

    pub(super) fn record_error(&self, words: &str) {
        quietly(|| {
            self.0.record("error", words);
        });
    }

    /// Enters the span until the returned guard is dropped.
    pub(super) fn enter(&self) -> Entered<'_> {
        if self.is_none() {
            return Entered(None);
        }
        let entered = quietly(|| self.0.enter());
        if entered.is_none() {
            // The registry may have recorded the enter before the panic, so it has to be exited.
            quietly(|| self.0.with_subscriber(|(id, subscriber)| subscriber.exit(id)));
        }
        Entered(entered)
    }

    fn made(make: impl FnOnce() -> tracing::Span) -> Self {
        Self(AssertUnwindSafe(quietly(make).unwrap_or_else(tracing::Span::none)))
    }

    fn below(&self, make: impl FnOnce() -> tracing::Span) -> Self {
        Self::made(|| self.at_home(make).unwrap_or_else(tracing::Span::none))
    }

    /// Calls `act` with the span's own subscriber as the default, as this thread may have another one. Returns `None`
    /// if there is no span.
    fn at_home<T>(&self, act: impl FnOnce() -> T) -> Option<T> {
        quietly(|| self.0.with_subscriber(|(_, subscriber)| with_subscriber(subscriber, act))).flatten()
    }
}

#[cfg(feature = "std")]
fn with_subscriber<T>(subscriber: &tracing::Dispatch, make: impl FnOnce() -> T) -> T {
    tracing::dispatcher::with_default(subscriber, make)
}

/// Without `std` there is only one subscriber.
#[cfg(not(feature = "std"))]
fn with_subscriber<T>(_: &tracing::Dispatch, make: impl FnOnce() -> T) -> T {
    make()
}

impl Default for Span {
    fn default() -> Self {
        Self::none()
    }
}

impl Clone for Span {
    fn clone(&self) -> Self {
        Self::made(|| self.0.clone())
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if !self.is_none() {
            // When a registry closes a span, it looks up the parent in the thread's default subscriber.
            let span = core::mem::replace(&mut *self.0, tracing::Span::none());
            let subscriber = span.with_subscriber(|(_, subscriber)| subscriber.clone());
            quietly(|| subscriber.map(|subscriber| with_subscriber(&subscriber, || drop(span))));
        }
    }
}

/// Exits the span when it is dropped, also while the thread unwinds.
pub(super) struct Entered<'a>(Option<tracing::span::Entered<'a>>);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if let Some(entered) = self.0.take() {
            quietly(|| drop(entered));
        }
    }
}
