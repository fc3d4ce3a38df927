//! The model of the laws, and what compares a scope with it. It is a crate of its own, so that it is optimised where the
//! tests are not: the target `laws` checks some two million scenes.

pub mod cancel;
pub mod check;
pub mod drops;
pub mod erased;
pub mod members;
pub mod model;
pub mod source;
pub mod three;
pub mod world;
