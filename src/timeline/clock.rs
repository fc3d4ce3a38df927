use crate::unwind::catch;
use std::boxed::Box;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// The time of a timeline, which never goes backwards, whatever it is made from.
pub(super) struct Clock {
    /// Where it panics, that is caught, and nothing else is left half done.
    read: AssertUnwindSafe<Box<dyn Fn() -> Duration + Send + Sync>>,
    /// The latest time that was told, in nanoseconds: they last for 584 years.
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

    /// Calls the user's code: no lock may be held.
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
