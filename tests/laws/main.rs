//! The laws, each over every shape.

mod build;
mod cancel;
mod check;
mod composition;
mod drops;
mod exhaustive;
mod meeting;
mod members;
#[allow(dead_code, reason = "the target `fuzz` also exits what is in a set")]
mod model;
mod named;
mod source;
mod trees;
mod world;
