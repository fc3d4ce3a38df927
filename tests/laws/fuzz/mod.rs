//! Random scopes: the shape, the scripts, the policies, the deadlines and the one cancellation are read from bytes, and
//! what happens is compared with what the model of the laws tells. So are bodies that fill and empty stacks and pools.
//!
//! See `tests/README.md` for longer runs, and for the one that is guided by coverage.

mod engine;
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
