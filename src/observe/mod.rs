//! The observers of a scope: a [`Timeline`](crate::Timeline), and the spans of `tracing`.
//!
//! A scope has a [`Watch`]. Each member has a [`Seat`], and a [`Place`], which is its position in the scope. If both
//! features are off, these types are empty and cost nothing.

#[cfg(all(feature = "timeline", not(feature = "tracing")))]
#[path = "no_span.rs"]
mod span;
#[cfg(feature = "tracing")]
mod span;

#[cfg(not(any(feature = "timeline", feature = "tracing")))]
mod off;
#[cfg(any(feature = "timeline", feature = "tracing"))]
mod place;
#[cfg(any(feature = "timeline", feature = "tracing"))]
mod seat;
#[cfg(any(feature = "timeline", feature = "tracing"))]
mod watch;
#[cfg(any(feature = "timeline", feature = "tracing"))]
mod wrap;

#[cfg(not(any(feature = "timeline", feature = "tracing")))]
pub(crate) use off::{Body, Seat, Told, Watched, Wrap};
#[cfg(not(any(feature = "timeline", feature = "tracing")))]
pub(crate) use off::{Place, Watch};
#[cfg(any(feature = "timeline", feature = "tracing"))]
pub(crate) use {place::Place, watch::Watch};
#[cfg(any(feature = "timeline", feature = "tracing"))]
pub(crate) use {
    seat::{Seat, Told},
    watch::Body,
    wrap::{Watched, Wrap},
};

/// The observer of a scope, apart from the spans of `tracing`.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    #[cfg(feature = "timeline")]
    pub(crate) timeline: Option<crate::Timeline>,
}

/// How a phase ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Done,
    Failed,
    Panicked,
    Late,
    Dropped,
}

/// Calls an observer. Its panic is caught and ignored.
#[cfg(any(feature = "timeline", feature = "tracing"))]
fn quietly<T>(ask: impl FnOnce() -> T) -> Option<T> {
    crate::unwind::catch(ask).ok()
}
