use super::{Event, Observe, quietly};
use alloc::boxed::Box;
use core::fmt;
use core::panic::AssertUnwindSafe;

/// What a user passed to `Scope::observe`, or nothing. Its panics do not leave it, so it is `UnwindSafe`. It takes one
/// word of the scope.
#[derive(Default)]
pub(crate) struct Observer(Option<AssertUnwindSafe<Box<Box<dyn Observe>>>>);

impl Observer {
    pub(crate) fn new(observer: impl Observe + 'static) -> Self {
        Self(Some(AssertUnwindSafe(Box::new(Box::new(observer)))))
    }

    #[inline]
    pub(super) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Passes an event on. No lock may be held.
    pub(super) fn event(&self, event: &Event<'_>) {
        if let Some(observer) = &self.0 {
            quietly(|| observer.event(event));
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}

impl Drop for Observer {
    #[inline]
    fn drop(&mut self) {
        if let Some(observer) = self.0.take() {
            dispose(observer);
        }
    }
}

#[cold]
fn dispose<T>(observer: T) {
    quietly(|| drop(observer));
}
