//! Which shared resources this thread enters or exits right now. A resource that is entered by its own enter or exit
//! would wait for itself.

#[cfg(feature = "std")]
mod list {
    use alloc::vec::Vec;
    use core::cell::RefCell;
    use std::thread_local;

    thread_local! {
        static POLLED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    }

    /// Calls the enter or exit of the shared resource of this number.
    pub(in super::super) fn within<T>(number: usize, call: impl FnOnce() -> T) -> T {
        struct End;
        impl Drop for End {
            fn drop(&mut self) {
                let _ = POLLED.try_with(|polled| polled.borrow_mut().pop());
            }
        }
        // A thread that ends has no list.
        let _end = POLLED.try_with(|polled| polled.borrow_mut().push(number)).is_ok().then_some(End);
        call()
    }

    /// Returns `true` if this thread enters or exits that resource right now.
    pub(in super::super) fn is_within(number: usize) -> bool {
        POLLED.try_with(|polled| polled.borrow().contains(&number)).unwrap_or(false)
    }
}

/// Without the standard library nothing says what this thread does: such a resource waits for itself.
#[cfg(not(feature = "std"))]
mod list {
    pub(in super::super) fn within<T>(_: usize, call: impl FnOnce() -> T) -> T {
        call()
    }

    pub(in super::super) fn is_within(_: usize) -> bool {
        false
    }
}

pub(super) use list::{is_within, within};
