//! Calls into user code. Panics are caught call by call, and resumed when all is done.

use crate::stamp::Stamp;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::any::Any;
#[cfg(feature = "std")]
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

pub(crate) type Payload = Box<dyn Any + Send>;

/// The part of a scope that panicked, if it is no member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PanicOrigin {
    Body,
    Signal,
    /// The destructor of the resource.
    Resource,
}

/// A caught panic, with the time at which it was caught.
#[expect(missing_debug_implementations, reason = "nobody outside of this crate can name it")]
pub struct CaughtPanic {
    pub(crate) stamp: Stamp,
    pub(crate) payload: PanicPayload,
    pub(crate) origin: PanicOrigin,
}

impl CaughtPanic {
    pub(crate) fn new(stamp: Stamp, payload: PanicPayload) -> Self {
        Self { stamp, payload, origin: PanicOrigin::Body }
    }

    pub(crate) fn into_payload(self) -> Payload {
        self.payload.into_inner()
    }
}

/// The payload of a caught panic. A panic of its destructor is caught, too, because two in a row would abort.
pub(crate) struct PanicPayload(Option<Payload>);

impl PanicPayload {
    pub(crate) fn new(payload: Payload) -> Self {
        Self(Some(payload))
    }

    pub(crate) fn message(&self) -> &str {
        self.0.as_ref().map_or("", message)
    }

    pub(crate) fn into_inner(mut self) -> Payload {
        self.0.take().expect("it is there until this is dropped")
    }
}

impl Drop for PanicPayload {
    fn drop(&mut self) {
        if let Some(payload) = self.0.take() {
            discard(payload);
        }
    }
}

/// Runs one call into user code, and catches its panic (law `panic-anywhere`). Without `std` nothing is caught.
#[cfg(feature = "std")]
pub(crate) fn catch<T>(call: impl FnOnce() -> T) -> Result<T, CaughtPanic> {
    // Unwind safe: a user value that the closure leaves half done is dropped and not used again.
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| CaughtPanic::new(Stamp::now(), PanicPayload::new(payload)))
}

#[cfg(not(feature = "std"))]
#[expect(clippy::unnecessary_wraps, reason = "with `std` it fails")]
pub(crate) fn catch<T>(call: impl FnOnce() -> T) -> Result<T, CaughtPanic> {
    Ok(call())
}

#[cfg(not(feature = "std"))]
fn resume_unwind(payload: Payload) -> ! {
    let message = alloc::borrow::ToOwned::to_owned(message(&payload));
    drop(payload);
    panic!("{message}")
}

/// Returns `true` if this thread is panicking. Without `std`, panics are not caught, and it returns `false`.
#[cfg(feature = "std")]
pub(crate) fn is_panicking() -> bool {
    std::thread::panicking()
}

#[cfg(not(feature = "std"))]
pub(crate) fn is_panicking() -> bool {
    false
}

/// Drops a user value when a panic is about to be resumed. A panic of the value is discarded, because a second one
/// would abort the process.
pub(crate) fn discard<T>(value: T) {
    if let Err(second) = catch(|| drop(value)) {
        // No caller is left to receive it, and dropping its payload may panic again.
        core::mem::forget(second);
    }
}

/// Drops user values one by one, even if some of them panic. Resumes the first panic.
pub(crate) fn drop_each<T>(values: Vec<T>) {
    each(values, drop);
}

/// Calls user code for one value after the other, even if some calls panic. Resumes the first panic.
pub(crate) fn each<T>(values: impl IntoIterator<Item = T>, mut call: impl FnMut(T)) {
    let mut first = None;
    for value in values {
        if let Err(panic) = catch(|| call(value)) {
            first.get_or_insert(panic);
        }
    }
    if let Some(panic) = first.filter(|_| !is_panicking()) {
        resume_unwind(panic.into_payload());
    }
}

/// Resumes a panic, after dropping `rest`: a second panic while unwinding would abort the process.
pub(crate) fn resume<T>(payload: Payload, rest: impl Sized) -> T {
    discard(rest);
    resume_unwind(payload)
}

/// Returns the message of a panic, or a substitute where its payload is no text.
pub(crate) fn message(payload: &Payload) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a payload that is no text"
    }
}
