//! The panics of a scope, collected until all is done.

use crate::error::Failures;
use crate::lock::{Mutex, MutexGuard};
use crate::thin_vec::ThinVec;
use crate::unwind::{CaughtPanic, PanicOrigin, catch, is_panicking, resume};
use alloc::vec::Vec;
use core::mem::needs_drop;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// Panics that belong to no member: those of the body, of the signal and of destructors.
///
/// It is declared first in a frame, and so dropped last. If the frame is dropped before these panics are taken, it
/// resumes the earliest one. Everything else in the frame only records panics.
#[expect(missing_debug_implementations, reason = "nobody outside of this crate can name it")]
pub struct PanicLog {
    /// Whether there are any, so that a scope without panics does not take the lock.
    any: AtomicBool,
    list: Mutex<ThinVec<CaughtPanic>>,
}

impl PanicLog {
    pub(crate) const fn new() -> Self {
        Self { any: AtomicBool::new(false), list: Mutex::new(ThinVec::new()) }
    }

    fn list(&self) -> MutexGuard<'_, ThinVec<CaughtPanic>> {
        self.list.lock()
    }

    #[cold]
    pub(crate) fn push(&self, panic: CaughtPanic) {
        self.list().push(panic);
        self.any.store(true, SeqCst);
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        !self.any.load(SeqCst) || self.list().is_empty()
    }

    /// Returns `true` if there is one of the body's.
    #[inline]
    pub(crate) fn has_bodys(&self) -> bool {
        self.any.load(SeqCst) && self.look_for_bodys()
    }

    #[cold]
    fn look_for_bodys(&self) -> bool {
        self.list().as_slice().iter().any(|panic| panic.origin == PanicOrigin::Body)
    }

    /// Takes all panics, in the order in which they were caught.
    pub(crate) fn take(&self) -> Vec<CaughtPanic> {
        if self.is_empty() { Vec::new() } else { self.list().take() }
    }

    /// Records the earliest panic among failures that no caller is left to receive.
    pub(crate) fn keep_first(&self, failures: Failures) {
        match failures.into_panic() {
            Ok(panic) => self.push(panic),
            Err(failures) => self.drop(failures),
        }
    }

    /// Takes the panics of the body.
    pub(crate) fn take_bodys(&self) -> Vec<CaughtPanic> {
        let (bodys, others): (_, Vec<_>) = self.take().into_iter().partition(|panic| panic.origin == PanicOrigin::Body);
        for panic in others {
            self.push(panic);
        }
        bodys
    }

    /// Drops a value, and records a panic of its destructor.
    pub(crate) fn drop<T>(&self, value: T) {
        self.drop_of(PanicOrigin::Body, value);
    }

    /// Drops the value in a slot, if there is one, and records a panic of its destructor.
    #[inline]
    pub(crate) fn clear<T>(&self, slot: &mut Option<T>) {
        if let Some(value) = slot.take() {
            self.drop(value);
        }
    }

    #[inline]
    pub(crate) fn drop_of<T>(&self, origin: PanicOrigin, value: T) {
        if needs_drop::<T>() {
            if let Err(panic) = catch(|| drop(value)) {
                self.push(CaughtPanic { origin, ..panic });
            }
        }
    }
}

impl Drop for PanicLog {
    #[inline]
    fn drop(&mut self) {
        if *self.any.get_mut() {
            resume_first(self.list.get_mut().take());
        }
    }
}

/// Resumes the earliest panic, unless the thread is panicking already.
#[cold]
fn resume_first(mut panics: Vec<CaughtPanic>) {
    panics.sort_by_key(|panic| panic.stamp);
    let mut panics = panics.into_iter();
    if let Some(first) = panics.next() {
        drop(panics);
        if !is_panicking() {
            resume::<()>(first.into_payload(), ());
        }
    }
}

/// A user's value in a frame that can be dropped at any time. A panic of its destructor is caught and recorded.
pub(crate) struct CatchOnDrop<'p, T> {
    slot: &'p mut Option<T>,
    panics: &'p PanicLog,
}

impl<'p, T> CatchOnDrop<'p, T> {
    #[inline]
    pub(crate) fn new(slot: &'p mut Option<T>, panics: &'p PanicLog) -> Self {
        Self { slot, panics }
    }

    #[inline]
    pub(crate) fn get(&mut self) -> &mut Option<T> {
        self.slot
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.panics.clear(self.slot);
    }
}

impl<T> Drop for CatchOnDrop<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.clear();
    }
}
