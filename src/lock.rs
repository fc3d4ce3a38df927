//! A lock that a panic does not poison. No user code runs while it is held, so its value is always consistent.

#[cfg(feature = "std")]
pub(crate) use std::sync::MutexGuard;
#[cfg(feature = "std")]
use std::sync::{Mutex as Inner, PoisonError};

#[cfg(not(feature = "std"))]
use spin::mutex::SpinMutex as Inner;
#[cfg(not(feature = "std"))]
pub(crate) use spin::mutex::SpinMutexGuard as MutexGuard;

#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(Inner<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Inner::new(value))
    }
}

#[cfg(feature = "std")]
impl<T> Mutex<T> {
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(not(feature = "std"))]
impl<T> Mutex<T> {
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock()
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}
