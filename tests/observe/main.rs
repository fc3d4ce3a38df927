//! What observers are told of a scope: the spans of `tracing`, and a `Timeline`. Each file runs with the features that
//! are on.
#![cfg(any(feature = "timeline", feature = "tracing"))]

#[cfg(feature = "timeline")]
mod charts;
#[cfg(feature = "tracing")]
mod layer;
#[cfg(feature = "timeline")]
mod table;
mod world;

mod drops;
mod events;
mod hostile;
mod many;
mod names;
mod reaped;
mod sets;
#[cfg(feature = "tracing")]
mod spans;
mod threads;
#[cfg(feature = "timeline")]
mod timeline;
mod work;
