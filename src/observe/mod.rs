//! Who watches the members of a scope: a [`Timeline`](crate::Timeline), and the spans of `tracing`.
//!
//! A scope has a [`Watch`]; each member has a [`Seat`], and is told by its [`Place`] where in the scope it stands. With
//! neither feature on all of these are nothing and do nothing, and so cost nothing.

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
pub use off::{Place, Watch};
#[cfg(any(feature = "timeline", feature = "tracing"))]
pub use {place::Place, watch::Watch};
#[cfg(any(feature = "timeline", feature = "tracing"))]
pub(crate) use {
    seat::{Seat, Told},
    watch::Body,
    wrap::{Watched, Wrap},
};

/// Who is to watch a scope, beside the spans of `tracing`.
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

/// Asks one who only looks on. That it panics is nobody's business here.
#[cfg(any(feature = "timeline", feature = "tracing"))]
fn quietly<T>(ask: impl FnOnce() -> T) -> Option<T> {
    crate::unwind::catch(ask).ok()
}
