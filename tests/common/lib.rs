//! What several test programs share: polling by hand, panics that a test expects, a reaper whose tasks the test polls,
//! and members, with a log in the words of the test or with the ledger of `withal::testing`.

#![allow(clippy::missing_panics_doc, reason = "tests panic where something is wrong")]

mod log;
mod member;
mod panics;
mod polling;
mod reaper;
mod world;

pub use log::Log;
pub use member::Member;
pub use panics::{caught, panic_of, quiet, quiet_panic};
pub use polling::{pend, poll, poll_and_drop, polled, run, settle};
pub use reaper::{Task, Tasks, reaper, reaper_that};
pub use world::World;
