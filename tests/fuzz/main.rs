//! Random scopes: the shape, the scripts, the policies, the deadlines and the one cancellation are read from bytes, and
//! what happens is compared with what the model of the laws tells. So are bodies that fill and empty stacks and pools.
//!
//! See `tests/README.md` for longer runs, and for the one that is guided by coverage.

#![cfg_attr(fuzzing, no_main)]

#[path = "../laws/cancel.rs"]
#[allow(dead_code, reason = "the laws try every poll, this tries one")]
mod cancel;
#[path = "../laws/check.rs"]
#[allow(dead_code, reason = "the laws check shapes that are types")]
mod check;
#[path = "../laws/drops.rs"]
#[allow(dead_code, reason = "the laws try every poll, this tries one")]
mod drops;
#[path = "../laws/members.rs"]
#[allow(dead_code, reason = "the laws need a function around a member as a type")]
mod members;
#[path = "../laws/model/mod.rs"]
#[allow(dead_code, reason = "the laws write trees by hand")]
mod model;
#[path = "../laws/source.rs"]
mod source;
#[path = "../laws/world.rs"]
#[allow(dead_code, unused_imports, reason = "the laws write scenes by hand")]
mod world;

mod engine;
mod erased;
mod kept;
mod make;
mod names;
mod rude;
mod scopes;
mod seen;
mod sets;
mod shape;

#[test]
fn random_scopes() {
    engine::run::<scopes::Input>();
}

#[test]
fn random_sets() {
    engine::run::<sets::Input>();
}

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| engine::guided(bytes));
