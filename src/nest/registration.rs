use super::current;
use super::level::{Level, Stage};
use alloc::sync::Arc;
use core::task::Context;

/// The entry of a scope, a shield or a listener at a [`Level`]. Dropped, it is out.
pub(super) struct Registration {
    level: Arc<Level>,
    number: u64,
}

impl Registration {
    pub(super) fn new(level: Arc<Level>, number: u64) -> Self {
        Self { level, number }
    }

    /// Returns the level of the body that it is within.
    pub(super) fn level(&self) -> &Arc<Level> {
        &self.level
    }

    /// Returns the stage of the body, and has this poll's waker woken when that changes.
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Stage {
        self.level.poll(self.number, !current::is_body_of(&self.level), cx)
    }

    /// Records that it is out. Returns the stage of the body.
    pub(super) fn leave(&self) -> Stage {
        self.level.leave(self.number)
    }

    /// Records that it is out, and not polled any more.
    pub(super) fn end(&self) {
        self.level.remove(self.number);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.end();
    }
}
