use super::path::PathInner;
use super::scope::Shared;
use super::span::{Span, SpanGuard};
use super::{EventKind, MemberPath, PhaseEnd};
use crate::error::{Failures, Phase};
use crate::outcome::Outcome;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Observes a member, or nothing.
#[derive(Debug, Default)]
pub(crate) struct MemberObserver(Option<Box<Inner>>);

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    path: PathInner,
    name: String,
    /// How the phase is going to end, as far as is known.
    end: PhaseEnd,
    has_entered: bool,
    /// The span of the phase in flight, or of a failed phase whose error is not recorded yet.
    span: Option<Span>,
}

impl MemberObserver {
    pub(crate) fn new(path: &MemberPath, own_name: impl FnOnce() -> String) -> Self {
        Self(path.inner().and_then(|path| {
            let shared = path.shared.upgrade()?;
            let (name, path) = (path.name(&own_name()), path.clone());
            Some(Box::new(Inner { shared, path, name, end: PhaseEnd::Dropped, has_entered: false, span: None }))
        }))
    }

    /// Records that the exit has begun, with this outcome, or else the enter.
    #[inline]
    pub(crate) fn begin(&mut self, outcome: Option<&Outcome<'_>>) {
        if let Some(inner) = &mut self.0 {
            inner.begin(outcome);
        }
    }

    /// Enters the span of the phase in flight.
    #[inline]
    pub(crate) fn enter_span(&self) -> SpanGuard<'_> {
        self.0.as_ref().map(|inner| Span::enter(inner.span.as_ref())).unwrap_or_default()
    }

    /// Stores how the phase is going to end, as far as is known.
    #[inline]
    pub(crate) fn note(&mut self, end: PhaseEnd) {
        if let Some(inner) = &mut self.0 {
            inner.has_entered |= end == PhaseEnd::Done;
            inner.end = end;
        }
    }

    /// Records that the phase has ended. The span of a failed one stays open for its error.
    #[inline]
    pub(crate) fn end(&mut self, phase: Phase) {
        if let Some(inner) = &mut self.0 {
            inner.end(phase);
        }
    }

    /// Closes the span.
    pub(crate) fn close(&mut self) {
        if let Some(inner) = &mut self.0 {
            inner.span = None;
        }
    }

    /// Records the failures as text, and closes the span.
    pub(crate) fn explain(&mut self, phase: Phase, failures: &Failures) {
        if let Some(inner) = &mut self.0 {
            inner.explain(phase, failures);
        }
    }

    /// Records that the member is about to be abandoned, and enters the span of the scope.
    pub(crate) fn abandon(&self) -> SpanGuard<'_> {
        self.0.as_ref().map(|inner| inner.abandon()).unwrap_or_default()
    }
}

impl Drop for MemberObserver {
    #[inline]
    fn drop(&mut self) {
        if let Some(inner) = self.0.take() {
            dispose(inner);
        }
    }
}

/// Out of line, so that dropping an empty observer is one check of a pointer.
#[cold]
pub(super) fn dispose<T>(observer: T) {
    drop(observer);
}

impl Inner {
    fn emit(&self, kind: EventKind<'_>) {
        self.shared.emit_of_member(&self.path, &self.name, kind);
    }

    #[cold]
    fn begin(&mut self, outcome: Option<&Outcome<'_>>) {
        let outcome = outcome.map(Outcome::kind);
        self.end = PhaseEnd::Dropped;
        self.has_entered = false;
        self.emit(outcome.map_or(EventKind::EnterBegan, EventKind::ExitBegan));
        let scope = self.shared.span.as_ref();
        self.span = scope.and_then(|scope| scope.of_member(&self.name, &self.path.positions(), outcome));
    }

    #[cold]
    fn end(&mut self, phase: Phase) {
        match phase {
            Phase::Enter => self.emit(EventKind::EnterEnded(self.end)),
            Phase::Exit => self.emit(EventKind::ExitEnded(self.end)),
        }
        if phase == Phase::Enter && self.has_entered {
            self.emit(EventKind::UpBegan);
        }
        if self.end == PhaseEnd::Done {
            self.span = None;
        }
    }

    fn abandon(&self) -> SpanGuard<'_> {
        self.emit(EventKind::Abandoned);
        let scope = self.shared.span.as_ref();
        if let Some(scope) = scope {
            scope.abandoned(&self.name, &self.path.positions());
        }
        Span::enter(scope)
    }

    fn explain(&mut self, phase: Phase, failures: &Failures) {
        let words = failures.iter().map(|failure| {
            if failure.path().is_empty() { crate::error::words(failure.error()) } else { failure.to_string() }
        });
        let words = words.collect::<Vec<_>>().join("; ");
        self.emit(EventKind::Failed(phase, &words));
        if let Some(span) = self.span.take() {
            span.record(None, &words);
        }
    }
}
