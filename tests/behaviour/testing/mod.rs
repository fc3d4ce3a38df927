//! What this crate lends to the tests of others: the ledger sees each law broken, and a sweep says where.

mod checks;
mod faults;
mod follow;
mod polls;
mod scripted;
mod sweeps;
mod waits;
mod watched;

/// The text of the panic that this ends with.
fn panic_of<T>(call: impl FnOnce() -> T) -> String {
    withal_common::panic_of(call).expect("this panics")
}
