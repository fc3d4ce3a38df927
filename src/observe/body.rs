use super::scope::Shared;
use super::span::{Span, SpanGuard};
use super::{EventKind, PhaseEnd};
use crate::unwind::Panic;
use alloc::format;
use alloc::sync::Arc;

/// Observes the body, or nothing.
#[derive(Debug)]
pub(crate) struct BodyObserver {
    shared: Option<Arc<Shared>>,
    span: Option<Span>,
}

impl BodyObserver {
    pub(super) fn new(shared: Option<Arc<Shared>>) -> Self {
        Self { shared, span: None }
    }

    pub(crate) fn begin(&mut self) {
        if let Some(shared) = &self.shared {
            shared.emit(EventKind::BodyBegan);
            self.span = shared.span.as_ref().and_then(Span::of_body);
        }
    }

    /// Enters the span of the body, or that of the scope if the subscriber filters the body's out.
    #[inline]
    pub(crate) fn enter_span(&self) -> Option<SpanGuard<'_>> {
        let shared = self.shared.as_ref()?;
        self.span.as_ref().or(shared.span.as_ref())?.enter()
    }

    pub(crate) fn end(&self, end: PhaseEnd) {
        if let Some(shared) = &self.shared {
            shared.emit(EventKind::BodyEnded(end));
        }
    }

    pub(crate) fn panicked(&self, panic: &Panic) {
        self.end(PhaseEnd::Panicked);
        if let Some(shared) = &self.shared {
            shared.add_error(|| format!("panicked: {}", panic.payload.message()));
        }
    }
}
