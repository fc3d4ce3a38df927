//! The example `services`, and its members in other hands: of real servers nothing is left, whatever happens.
//!
//! What needs the servers is ignored unless asked for, as they have to be installed first:
//!
//! ```text
//! apt-get install postgresql redis-server
//! cargo test --test services -- --include-ignored
//! ```

// Linux tells which processes are there, where they are, and what memory they share.
#![cfg(target_os = "linux")]

mod cases;
mod connection;
mod dropped;
mod example;
mod failures;
mod fixture;
mod left;
#[expect(dead_code, reason = "the rest is for the example alone")]
#[path = "../../examples/services/members/mod.rs"]
mod members;
mod outcomes;
mod pool;
#[expect(dead_code, reason = "the rest is for the machines of `vms`")]
#[path = "../examples/running.rs"]
mod running;
mod signals;
mod stage;
