//! Panics that a test expects: kept out of its output, and read.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use withal::testing::{READY, Script};

/// Ready in both phases.
pub const SCRIPT: Script = Script { enter: READY, exit: READY };

thread_local! {
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Gives the message of the panic that this ends with.
pub fn panic_of<T>(call: impl FnOnce() -> T) -> String {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = take_hook();
        set_hook(Box::new(move |info| {
            if !EXPECTED.get() {
                loud(info);
            }
        }));
    });
    EXPECTED.set(true);
    let called = catch_unwind(AssertUnwindSafe(call));
    EXPECTED.set(false);
    let payload = called.err().expect("this panics");
    let literal = payload.downcast_ref::<&str>().copied().map(str::to_owned);
    literal.or_else(|| payload.downcast_ref::<String>().cloned()).expect("the message is text")
}
