use super::scope::SharedObserver;
use super::{EventKind, PhaseEnd, Span};
use crate::unwind::CaughtPanic;
use alloc::format;

/// Observes the body, or nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyObserver<'s> {
    shared: Option<&'s SharedObserver>,
}

impl<'s> BodyObserver<'s> {
    #[inline]
    pub(super) fn new(shared: Option<&'s SharedObserver>) -> Self {
        Self { shared }
    }

    #[inline]
    pub(crate) fn begin(&self) {
        if let Some(shared) = self.shared {
            shared.begin_body();
        }
    }

    /// Returns the span of the body, or that of the scope if the subscriber filters the body's out.
    #[inline]
    pub(crate) fn span(&self) -> Option<&Span> {
        self.shared?.body_span()
    }

    #[inline]
    pub(crate) fn end(&self, end: PhaseEnd) {
        if let Some(shared) = self.shared {
            shared.emit(EventKind::BodyEnded(end));
        }
    }

    pub(crate) fn panicked(&self, panic: &CaughtPanic) {
        self.end(PhaseEnd::Panicked);
        if let Some(shared) = self.shared {
            shared.add_error(|| format!("panicked: {}", panic.payload.message()));
        }
    }
}
