//! The spans of `tracing`.

use super::quietly;
use crate::outcome::OutcomeKind;
use core::panic::AssertUnwindSafe;
use tracing::field::{Empty, debug};
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};

/// A span that is enabled. Panics of its subscriber do not leave it, so it is `UnwindSafe`.
#[derive(Debug)]
pub(crate) struct Span(AssertUnwindSafe<tracing::Span>);

impl Span {
    /// Whether there can be spans.
    pub(crate) const EXISTS: bool = true;

    /// Returns `false` if no subscriber wants any span. It is one look at a static.
    #[inline]
    pub(super) fn can_be_enabled() -> bool {
        LevelFilter::INFO <= STATIC_MAX_LEVEL && LevelFilter::INFO <= LevelFilter::current()
    }

    /// Creates the span of a scope, below the current one.
    pub(super) fn of_scope<'n>(name: impl FnOnce() -> &'n str) -> Option<Self> {
        let make = || tracing::info_span!(target: "withal", "scope", name = name(), outcome = Empty, error = Empty);
        quietly(make).and_then(Self::new)
    }

    /// Creates the span of a member's exit with this outcome, or else of its enter, below this one.
    pub(super) fn of_member(&self, name: &str, path: &[usize], outcome: Option<OutcomeKind>) -> Option<Self> {
        let (parent, path) = (&*self.0, debug(path));
        self.below(|| match outcome.map(debug) {
            None => tracing::info_span!(target: "withal", parent: parent, "enter", name, path, error = Empty),
            Some(outcome) => {
                tracing::info_span!(target: "withal", parent: parent, "exit", name, path, outcome, error = Empty)
            }
        })
    }

    /// Creates the span of the body, below this one.
    pub(super) fn of_body(&self) -> Option<Self> {
        let parent = &*self.0;
        self.below(|| tracing::info_span!(target: "withal", parent: parent, "body"))
    }

    /// Records the event that a member is abandoned, below this span.
    pub(super) fn abandoned(&self, name: &str, path: &[usize]) {
        let (parent, path) = (&*self.0, debug(path));
        self.at_home(|| {
            tracing::info!(target: "withal", parent: parent, name, path, "abandoned");
        });
    }

    /// Records the event that the work of a member has failed while the member is up, below this span.
    pub(super) fn failed(&self, name: &str, path: &[usize], error: &str) {
        let (parent, path) = (&*self.0, debug(path));
        self.at_home(|| {
            tracing::info!(target: "withal", parent: parent, name, path, error, "failed");
        });
    }

    pub(super) fn record(&self, outcome: Option<OutcomeKind>, error: &str) {
        if let Some(outcome) = outcome {
            quietly(|| self.0.record("outcome", debug(outcome)).is_none());
        }
        if !error.is_empty() {
            quietly(|| self.0.record("error", error).is_none());
        }
    }

    /// Enters the span until the returned guard is dropped.
    #[cold]
    pub(crate) fn enter(&self) -> SpanGuard<'_> {
        let entered = quietly(|| self.0.enter());
        if entered.is_none() {
            // The registry may have recorded the enter before the panic, so it has to be exited.
            quietly(|| self.0.with_subscriber(|(id, subscriber)| subscriber.exit(id)));
        }
        SpanGuard(entered)
    }

    fn new(span: tracing::Span) -> Option<Self> {
        if span.is_disabled() { None } else { Some(Self(AssertUnwindSafe(span))) }
    }

    fn below(&self, make: impl FnOnce() -> tracing::Span) -> Option<Self> {
        self.at_home(make).and_then(Self::new)
    }

    /// Calls `act` with the span's own subscriber as the default, as this thread may have another one.
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

impl Drop for Span {
    fn drop(&mut self) {
        // When a registry closes a span, it looks up the parent in the thread's default subscriber.
        let span = core::mem::replace(&mut *self.0, tracing::Span::none());
        let subscriber = span.with_subscriber(|(_, subscriber)| subscriber.clone());
        quietly(|| subscriber.map(|subscriber| with_subscriber(&subscriber, || drop(span))));
    }
}

/// Exits the span when it is dropped, also while the thread unwinds.
pub(crate) struct SpanGuard<'a>(Option<tracing::span::Entered<'a>>);

impl Drop for SpanGuard<'_> {
    #[cold]
    fn drop(&mut self) {
        if let Some(entered) = self.0.take() {
            quietly(|| drop(entered));
        }
    }
}
