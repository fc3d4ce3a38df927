//! Shows which members are slow, overlap or fail. With the feature `timeline`.
//!
//! A [`Timeline`] that observes a scope records when its members are entered and exited. It returns the record
//!
//! - as text for a terminal, by its `Display`;
//! - as one SVG document, by [`to_svg`](Timeline::to_svg);
//! - as a trace for [Perfetto](https://ui.perfetto.dev), by [`to_chrome_trace`](Timeline::to_chrome_trace);
//! - as values: [`scopes`](Timeline::scopes), [`members`](Timeline::members), and, while a scope hangs, the calls
//!   [`in_flight`](Timeline::in_flight).
//!
//! # Examples
//!
//! ```
//! use withal::{ResourceExt, Scope, Timeline, defer};
//!
//! # futures::executor::block_on(async {
//! let timeline = Timeline::new();
//! let db = defer(async |_| Ok(())).named("db");
//! let lock = defer(async |_| Err("the lock is stuck".into())).named("lock");
//! Scope::new((db, lock)).observe(&timeline).run(async |_| anyhow::Ok(())).await.unwrap_err();
//!
//! println!("{timeline}");
//! assert!(timeline.to_string().contains("could not exit [1] lock: the lock is stuck"));
//! # });
//! ```

mod characters;
mod clock;
mod in_flight;
mod label;
mod observer;
mod record;
mod recorder;
mod scale;
mod segment;
mod sentences;
mod span;
mod summary;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod trace;
mod words;

pub use crate::observe::PhaseEnd as End;
pub use in_flight::InFlight;
pub use observer::Timeline;
pub use record::{MemberRecord, ScopeRecord};
pub use span::Span;
