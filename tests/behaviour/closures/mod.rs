//! Resources made from closures: `resource`, `around`, `adopt`, `defer`; members that vote; members that stay on their
//! thread.

#![allow(clippy::unit_arg, reason = "what only records or asserts is shortest as the value of an `Ok`")]

mod around;
mod local;
mod local_on_a_reaper;
mod or_abandon;
mod suppress;
mod used_once;
