//! Panics of the user's code: caught one by one, kept, and resumed when all is done.

use crate::error::{Failures, Stamp, panic_message};
use crate::lock::{Mutex, MutexGuard};
use crate::rare::Rare;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
#[cfg(feature = "std")]
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

pub(crate) type Payload = Box<dyn Any + Send>;

/// A caught panic, with the time at which it was caught.
pub(crate) struct Panic {
    pub(crate) stamp: Stamp,
    pub(crate) payload: Caught,
    /// Whether it is the signal's, and so not the body's.
    pub(crate) is_signals: bool,
}

impl Panic {
    pub(crate) fn new(stamp: Stamp, payload: Caught) -> Self {
        Self { stamp, payload, is_signals: false }
    }

    pub(crate) fn into_payload(self) -> Payload {
        self.payload.into_inner()
    }
}

/// The payload of a caught panic. It may panic when it is dropped, which is caught, too: two in a row would abort.
pub(crate) struct Caught(Option<Payload>);

impl Caught {
    pub(crate) fn new(payload: Payload) -> Self {
        Self(Some(payload))
    }

    pub(crate) fn message(&self) -> &str {
        self.0.as_ref().map_or("", panic_message)
    }

    pub(crate) fn into_inner(mut self) -> Payload {
        self.0.take().expect("it is there until this is dropped")
    }
}

impl Drop for Caught {
    fn drop(&mut self) {
        if let Some(payload) = self.0.take() {
            discard(payload);
        }
    }
}

/// Runs one call into the user's code, whatever it does (law `panic-anywhere`). Without `std` nothing is caught.
#[cfg(feature = "std")]
pub(crate) fn catch<T>(call: impl FnOnce() -> T) -> Result<T, Panic> {
    // What the closure leaves half done is the user's own value, which is dropped and not used again.
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| Panic::new(Stamp::now(), Caught::new(payload)))
}

#[cfg(not(feature = "std"))]
#[expect(clippy::unnecessary_wraps, reason = "with `std` it fails")]
pub(crate) fn catch<T>(call: impl FnOnce() -> T) -> Result<T, Panic> {
    Ok(call())
}

#[cfg(not(feature = "std"))]
fn resume_unwind(payload: Payload) -> ! {
    let message = alloc::borrow::ToOwned::to_owned(panic_message(&payload));
    drop(payload);
    panic!("{message}")
}

/// Whether this thread is panicking. Where nothing is caught, a second panic is nobody's to hold back.
#[cfg(feature = "std")]
pub(crate) fn is_panicking() -> bool {
    std::thread::panicking()
}

#[cfg(not(feature = "std"))]
pub(crate) fn is_panicking() -> bool {
    false
}

/// Drops a value of the user's when a panic is about to be resumed: a second one would abort the process.
pub(crate) fn discard<T>(value: T) {
    if let Err(second) = catch(|| drop(value)) {
        // There is nobody left to tell, and its payload may panic when it is dropped, and so on.
        core::mem::forget(second);
    }
}

/// Drops values of the user's one by one, whatever one of them does; the first panic resumes.
pub(crate) fn drop_each<T>(values: Vec<T>) {
    each(values, drop);
}

/// Calls the user's code for one value after the other, whatever one of the calls does; the first panic resumes.
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
pub struct Panics {
    /// Whether there are any: a scope without panics does not take the lock.
    any: AtomicBool,
    list: Mutex<Rare<Panic>>,
}

impl Panics {
    pub(crate) const fn new() -> Self {
        Self { any: AtomicBool::new(false), list: Mutex::new(Rare::new()) }
    }

    fn list(&self) -> MutexGuard<'_, Rare<Panic>> {
        self.list.lock()
    }

    #[cold]
    pub(crate) fn push(&self, panic: Panic) {
        self.list().push(panic);
        self.any.store(true, SeqCst);
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        !self.any.load(SeqCst) || self.list().is_empty()
    }

    /// Returns whether there is one that is not the signal's.
    #[inline]
    pub(crate) fn has_bodys(&self) -> bool {
        self.any.load(SeqCst) && self.look_for_bodys()
    }

    #[cold]
    fn look_for_bodys(&self) -> bool {
        self.list().as_slice().iter().any(|panic| !panic.is_signals)
    }

    /// Takes what was recorded, in the order in which it was caught.
    pub(crate) fn take(&self) -> Vec<Panic> {
        if self.is_empty() { Vec::new() } else { self.list().take() }
    }

    /// Records the earliest panic among failures that nobody is left to be told of.
    pub(crate) fn keep_first(&self, failures: Failures) {
        match failures.into_panic() {
            Ok(panic) => self.push(panic),
            Err(failures) => self.drop(failures),
        }
    }

    /// Takes those that are not the signal's.
    pub(crate) fn take_bodys(&self) -> Vec<Panic> {
        let (signals, bodys): (Vec<_>, _) = self.take().into_iter().partition(|panic| panic.is_signals);
        for panic in signals {
            self.push(panic);
        }
        bodys
    }

    /// Drops a value, and records the panic if that panics.
    pub(crate) fn drop<T>(&self, value: T) {
        if let Err(panic) = catch(|| drop(value)) {
            self.push(panic);
        }
    }
}

impl Drop for Panics {
    #[inline]
    fn drop(&mut self) {
        if *self.any.get_mut() {
            resume_first(self.list.get_mut().take());
        }
    }
}

/// Resumes the earliest panic, unless the thread is panicking already.
#[cold]
fn resume_first(mut panics: Vec<Panic>) {
    panics.sort_by_key(|panic| panic.stamp);
    let mut panics = panics.into_iter();
    if let Some(first) = panics.next() {
        drop(panics);
        if !is_panicking() {
            resume_unwind(first.into_payload());
        }
    }
}

/// Where a value is that may be there or not: in the frame itself, or in what the frame was made from. It is moved from
/// neither, so that it is not in the frame twice.
pub(crate) trait Place {
    type Value;
    fn get(&mut self) -> &mut Option<Self::Value>;
}

impl<T> Place for Option<T> {
    type Value = T;

    #[inline]
    fn get(&mut self) -> &mut Option<T> {
        self
    }
}

impl<T> Place for &mut Option<T> {
    type Value = T;

    #[inline]
    fn get(&mut self) -> &mut Option<T> {
        self
    }
}

/// A value of the user's in a frame that can be dropped at any time: its drop is caught and recorded.
pub(crate) struct Fragile<'p, P: Place> {
    place: P,
    panics: &'p Panics,
}

impl<'p, P: Place> Fragile<'p, P> {
    #[inline]
    pub(crate) fn new(place: P, panics: &'p Panics) -> Self {
        Self { place, panics }
    }

    #[inline]
    pub(crate) fn set(&mut self, value: P::Value) {
        self.clear();
        *self.get() = Some(value);
    }

    #[inline]
    pub(crate) fn get(&mut self) -> &mut Option<P::Value> {
        self.place.get()
    }

    pub(crate) fn panics(&self) -> &'p Panics {
        self.panics
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        if let Some(value) = self.get().take() {
            self.panics.drop(value);
        }
    }
}

impl<P: Place> Drop for Fragile<'_, P> {
    #[inline]
    fn drop(&mut self) {
        self.clear();
    }
}
