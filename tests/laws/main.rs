//! The laws, each over every shape.

mod build;
mod cancel;
mod check;
mod composition;
mod drops;
mod exhaustive;
mod meeting;
mod members;
mod model;
mod named;
mod source;
mod trees;
mod world;
