//! The spans of `tracing`, event by event.

mod current;
mod order;
mod outcomes;
mod silent;
