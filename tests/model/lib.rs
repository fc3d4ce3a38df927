//! The model of the laws, and what compares a scope with it. It is a crate of its own, so that it is optimised where
//! the tests are not: the target `laws` checks some two million scenes.

#![allow(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::new_without_default,
    reason = "it has no users but the tests, and what it finds is a panic"
)]

pub mod cancel;
pub mod check;
pub mod drops;
pub mod erased;
pub mod members;
pub mod model;
pub mod source;
pub mod three;
pub mod world;
