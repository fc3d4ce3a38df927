use std::sync::{Arc, Mutex};

/// What happened, in its order, in the words of the test. Clones share one log.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn add(&self, event: impl Into<String>) {
        self.0.lock().unwrap().push(event.into());
    }

    /// Returns what happened since the last call.
    #[expect(clippy::must_use_candidate, reason = "a test may forget what happened")]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}
