use core::marker::PhantomData;
use send_wrapper::SendWrapper;

/// A value that can be sent to other threads, but used only on its own. Panics name it by the type `N`.
///
/// `SendWrapper` contains the unsafe code. This adds a message that says what to do, and leaks a value that is dropped
/// on another thread, even if the thread is panicking already.
pub(super) struct OnThread<T, N = T>(Option<SendWrapper<T>>, PhantomData<fn() -> N>);

impl<T, N> OnThread<T, N> {
    pub(super) fn new(value: T) -> Self {
        Self(Some(SendWrapper::new(value)), PhantomData)
    }

    pub(super) fn is_here(&self) -> bool {
        self.0.as_ref().is_some_and(SendWrapper::valid)
    }

    pub(super) fn get(&self) -> &T {
        self.check();
        self.0.as_ref().expect("it is there until it is taken")
    }

    pub(super) fn get_mut(&mut self) -> &mut T {
        self.check();
        self.0.as_mut().expect("it is there until it is taken")
    }

    /// Returns the value. On another thread, leaks it and panics, so that its drop does not panic again.
    pub(super) fn get_mut_or_leak(&mut self) -> &mut T {
        self.leak_elsewhere();
        self.get_mut()
    }

    pub(super) fn into_inner(mut self) -> T {
        self.check();
        self.0.take().expect("it is there until it is taken").take()
    }

    /// Leaks the value on another thread, as a drop does, but does not panic.
    pub(super) fn leak_elsewhere(&mut self) {
        if !self.is_here() {
            std::mem::forget(self.0.take());
        }
    }

    fn check(&self) {
        if !self.is_here() {
            elsewhere::<N>();
        }
    }
}

impl<T, N> Drop for OnThread<T, N> {
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            if value.valid() || !std::mem::needs_drop::<T>() {
                drop(value);
            } else {
                std::mem::forget(value);
                if !std::thread::panicking() {
                    elsewhere::<N>();
                }
            }
        }
    }
}

fn elsewhere<N>() -> ! {
    panic!(
        "`{}` of a local resource was used on another thread than its own: run its scope where `local(..)` was called, \
         in place, on a `LocalSet` or on a `LocalExecutor`, and finish it on no `Reaper` that spawns on other threads",
        crate::kind::type_name::<N>()
    )
}
