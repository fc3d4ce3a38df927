use crate::unwind::catch;
use std::boxed::Box;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// The time of a timeline. It never goes backwards, even if the clock it reads does.
pub(super) struct Clock {
    /// Unwind safe: a panic is caught, and leaves nothing else half done.
    read: AssertUnwindSafe<Box<dyn Fn() -> Duration + Send + Sync>>,
    /// The latest time that was returned, in nanoseconds, which suffice for 584 years.
    latest: AtomicU64,
}

impl Clock {
    pub(super) fn new(read: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { read: AssertUnwindSafe(Box::new(read)), latest: AtomicU64::new(0) }
    }

    pub(super) fn since_now() -> Self {
        let start = Instant::now();
        Self::new(move || start.elapsed())
    }

    /// Returns the time. Calls user code, so no lock may be held.
    pub(super) fn now(&self) -> Duration {
        let read = match catch(|| (*self.read)()) {
            Ok(time) => u64::try_from(time.as_nanos()).unwrap_or(u64::MAX),
            Err(_) => 0,
        };
        Duration::from_nanos(self.latest.fetch_max(read, SeqCst).max(read))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("latest", &self.latest).finish_non_exhaustive()
    }
}
