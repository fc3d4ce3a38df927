use core::sync::atomic::{AtomicUsize, Ordering};

/// The time of a failure, by which the earliest one is found across groups (law `first-is-first`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp(usize);

impl Stamp {
    pub(crate) fn now() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        // Sequentially consistent, so that an earlier failure on another thread has a smaller stamp.
        Self(NEXT.fetch_add(1, Ordering::SeqCst))
    }
}
