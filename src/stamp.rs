use core::sync::atomic::{AtomicUsize, Ordering};

/// When something went wrong, so that the earliest failure can be told across groups (law `first-is-first`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp(usize);

impl Stamp {
    pub(crate) fn now() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        // Sequentially consistent, so that what happened before on another thread has the smaller stamp.
        Self(NEXT.fetch_add(1, Ordering::SeqCst))
    }
}
