//! What the scope is made of: two servers, a lease on the one, a transaction on the other.
//!
//! Nothing in here knows of the program around it, so that tests use it as it is.

mod home;
pub(crate) mod lease;
pub(crate) mod log;
mod migrations;
pub(crate) mod postgres;
mod process;
pub(crate) mod programs;
pub(crate) mod redis;
mod server;
pub(crate) mod session;
pub(crate) mod transaction;
