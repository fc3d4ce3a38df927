//! The laws, each over every shape.

mod build;
mod cancel;
mod check;
mod composition;
mod exhaustive;
mod meeting;
mod model;
mod named;
mod trees;
mod world;
