//! Where the members say what they do.

use std::fmt::Arguments;
use std::sync::Arc;

type Hear = dyn Fn(&'static str, Arguments<'_>) + Send + Sync;

/// Tells somebody which member did what, as it happens.
#[derive(Clone)]
pub(crate) struct Log(Arc<Hear>);

impl Log {
    pub(crate) fn new(hear: impl Fn(&'static str, Arguments<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    pub(crate) fn add(&self, member: &'static str, event: Arguments<'_>) {
        (self.0)(member, event);
    }
}
