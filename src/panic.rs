//! Panics of the user's code: caught one by one, kept, and resumed when all is done.

use crate::error::Stamp;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};

pub(crate) type Payload = Box<dyn Any + Send>;

/// A caught panic, with the time at which it was caught.
pub(crate) struct Panic {
    pub(crate) stamp: Stamp,
    pub(crate) payload: Payload,
}

impl Panic {
    pub(crate) fn into_payload(self) -> Payload {
        self.payload
    }
}

/// Runs one call into the user's code, whatever it does (law `panic-anywhere`).
pub(crate) fn catch<T>(call: impl FnOnce() -> T) -> Result<T, Panic> {
    // What the closure leaves half done is the user's own value, which is dropped and not used again.
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| Panic { stamp: Stamp::now(), payload })
}

/// Drops a value of the user's when a panic is about to be resumed: a second one would abort the process.
pub(crate) fn discard<T>(value: T) {
    if let Err(second) = catch(|| drop(value)) {
        // A payload may panic when it is dropped, too, and there is nobody left to tell.
        std::mem::forget(second);
    }
}

/// Resumes a panic. What else there is goes first, as a second panic in the middle would abort the process.
pub(crate) fn resume<T>(payload: Payload, rest: impl Sized) -> T {
    discard(rest);
    resume_unwind(payload)
}

/// The panics that no member can be blamed for yet: those of the body, and those of drops.
///
/// Declared first in a frame and so dropped last, it resumes the earliest panic if the frame is dropped before
/// anybody took what it holds. All else in the frame only records.
#[expect(missing_debug_implementations, reason = "it is hidden")]
pub struct Panics(Mutex<Vec<Panic>>);

impl Panics {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(crate) fn push(&self, panic: Panic) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(panic);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Takes the one that was caught first.
    pub(crate) fn take_first(&self) -> Option<Panic> {
        let mut panics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if panics.is_empty() { None } else { Some(panics.remove(0)) }
    }

    /// Takes what was recorded, in the order in which it was caught.
    pub(crate) fn take(&self) -> Vec<Panic> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Drops a value, and records the panic if that panics.
    pub(crate) fn drop<T>(&self, value: T) {
        if let Err(panic) = catch(|| drop(value)) {
            self.push(panic);
        }
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        let panics = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !panics.is_empty() {
            resume_first(std::mem::take(panics));
        }
    }
}

/// Resumes the earliest panic, unless the thread is panicking already.
#[cold]
fn resume_first(mut panics: Vec<Panic>) {
    panics.sort_by_key(|panic| panic.stamp);
    let mut panics = panics.into_iter();
    if let Some(first) = panics.next() {
        discard(panics);
        if std::thread::panicking() {
            discard(first.payload);
        } else {
            resume_unwind(first.payload);
        }
    }
}

/// A value of the user's in a frame that can be dropped at any time: its drop is caught and recorded.
#[expect(missing_debug_implementations, reason = "it is hidden")]
pub struct Fragile<'p, T> {
    value: Option<T>,
    panics: &'p Panics,
}

impl<'p, T> Fragile<'p, T> {
    pub(crate) fn new(value: T, panics: &'p Panics) -> Self {
        Self { value: Some(value), panics }
    }

    pub(crate) fn empty(panics: &'p Panics) -> Self {
        Self { value: None, panics }
    }

    pub(crate) fn set(&mut self, value: T) {
        self.clear();
        self.value = Some(value);
    }

    pub(crate) fn get(&mut self) -> Option<&mut T> {
        self.value.as_mut()
    }

    pub(crate) fn take(&mut self) -> Option<T> {
        self.value.take()
    }

    pub(crate) fn take_if(&mut self, condition: impl FnOnce(&mut T) -> bool) -> Option<T> {
        self.value.take_if(condition)
    }

    pub(crate) fn clear(&mut self) {
        if let Some(value) = self.value.take() {
            self.panics.drop(value);
        }
    }
}

impl<T> Drop for Fragile<'_, T> {
    fn drop(&mut self) {
        self.clear();
    }
}
