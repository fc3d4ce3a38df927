//! The laws, each over every shape.

#![cfg_attr(fuzzing, no_main)]

mod build;
mod composition;
mod exhaustive;
mod fuzz;
mod meeting;
mod named;
mod trees;

use withal_model::{cancel, check, drops, erased, members, model, source, three, world};
