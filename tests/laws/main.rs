//! The laws, each over every shape.

mod check;
mod exhaustive;
mod model;
mod trees;
mod world;
