//! The observers of a scope: whatever implements [`Observe`], and the spans of `tracing`.
//!
//! A scope has a [`ScopeObserver`], its body a [`BodyObserver`], and each member a [`MemberObserver`] and a
//! [`MemberPath`]. If the scope is not observed, all of them are empty: the scope finds out once, and everything else
//! is a check of a pointer.

mod body;
mod event;
mod member;
mod observer;
mod path;
mod scope;
#[cfg_attr(not(feature = "tracing"), path = "no_span.rs")]
mod span;
mod work;

pub(crate) use body::BodyObserver;
pub use event::{Event, EventKind, Observe, PhaseEnd};
pub(crate) use member::MemberObserver;
pub(crate) use observer::Observer;
pub(crate) use path::MemberPath;
pub(crate) use scope::ScopeObserver;
pub(crate) use span::{Span, SpanGuard};
pub(crate) use work::WorkObserver;

/// Calls an observer. Its panic is caught and ignored: it reaches the panic hook, and nothing else.
fn quietly<T>(call: impl FnOnce() -> T) -> Option<T> {
    crate::unwind::catch(call).ok()
}
