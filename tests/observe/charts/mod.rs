//! The charts and the trace that a timeline draws, and its lookups.

mod lookups;
mod odd;
mod scenes;
mod svg;
mod text;
mod trace;
