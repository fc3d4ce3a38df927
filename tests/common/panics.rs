use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Panics as `panic_any` does, but without a message on the terminal.
pub fn quiet_panic<P: Any + Send>(payload: P) -> ! {
    resume_unwind(Box::new(payload))
}

/// Keeps the panics of scripted members out of the output, and those within [`caught`].
pub fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = take_hook();
        set_hook(Box::new(move |info| {
            let scripted = text_of(info.payload()).is_some_and(|text| text.ends_with("as scripted"));
            if !scripted && !EXPECTED.get() {
                loud(info);
            }
        }));
    });
}

/// Returns the payload of the panic that the call ends in, if it does.
pub fn caught<T>(call: impl FnOnce() -> T) -> Option<Box<dyn Any + Send>> {
    quiet();
    let before = EXPECTED.replace(true);
    let called = catch_unwind(AssertUnwindSafe(|| drop(call())));
    EXPECTED.set(before);
    called.err()
}

/// Returns the text of the panic that the call ends in, if it does.
pub fn panic_of<T>(call: impl FnOnce() -> T) -> Option<String> {
    caught(call).map(|payload| text_of(&*payload).expect("tests panic with text").to_owned())
}

fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let literal = payload.downcast_ref::<&str>().copied();
    literal.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}
