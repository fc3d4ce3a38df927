use super::scope::SharedObserver;
use super::{EventKind, PhaseEnd, Span};
use crate::unwind::CaughtPanic;
use alloc::format;

/// Observes the body, or nothing.
#[derive(Debug)]
pub(crate) struct BodyObserver<'s> {
    shared: Option<&'s SharedObserver>,
    /// Not boxed, so that it takes no space where there are no spans.
    span: Option<Span>,
}

impl<'s> BodyObserver<'s> {
    #[inline]
    pub(super) fn new(shared: Option<&'s SharedObserver>) -> Self {
        Self { shared, span: None }
    }

    #[inline]
    pub(crate) fn begin(&mut self) {
        if let Some(shared) = self.shared {
            shared.emit(EventKind::BodyBegan);
            self.span = shared.span.as_ref().and_then(Span::of_body);
        }
    }

    /// Returns the span of the body, or that of the scope if the subscriber filters the body's out.
    #[inline]
    pub(crate) fn span(&self) -> Option<&Span> {
        let shared = self.shared?;
        self.span.as_ref().or(shared.span.as_ref())
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
