use send_wrapper::SendWrapper;

/// A value that can be carried to other threads, and touched on its own only.
///
/// The wrapper does what takes unsafe code; this adds a sentence that tells what to do, and leaks a value that is dropped
/// elsewhere even if it does not unwind.
pub(super) struct OnThread<T>(Option<SendWrapper<T>>);

impl<T> OnThread<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Some(SendWrapper::new(value)))
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

    pub(super) fn into_inner(mut self) -> T {
        self.check();
        self.0.take().expect("it is there until it is taken").take()
    }

    fn check(&self) {
        if !self.is_here() {
            elsewhere::<T>();
        }
    }
}

impl<T> Drop for OnThread<T> {
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            if value.valid() || !std::mem::needs_drop::<T>() {
                drop(value);
            } else {
                std::mem::forget(value);
                if !std::thread::panicking() {
                    elsewhere::<T>();
                }
            }
        }
    }
}

fn elsewhere<T>() -> ! {
    panic!(
        "`{}` of a local resource was used on another thread than its own: run its scope where `local(..)` was called, \
         in place, on a `LocalSet` or on a `LocalExecutor`",
        crate::resource::type_name::<T>()
    )
}
