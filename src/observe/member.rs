use super::path::PathInner;
use super::scope::Shared;
use super::span::{Span, SpanGuard};
use super::{EventKind, MemberPath, PhaseEnd};
use crate::error::{Failures, Phase};
use crate::outcome::OutcomeKind;
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
    pub(crate) fn begin(&mut self, outcome: Option<OutcomeKind>) {
        if let Some(inner) = &mut self.0 {
            inner.begin(outcome);
        }
    }

    /// Enters the span of the phase in flight.
    #[inline]
    pub(crate) fn enter_span(&self) -> Option<SpanGuard<'_>> {
        self.0.as_ref()?.span.as_ref()?.enter()
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
    pub(crate) fn abandon(&mut self) -> Option<SpanGuard<'_>> {
        let inner = self.0.as_mut()?;
        inner.emit(EventKind::Abandoned);
        let scope = inner.shared.span.as_ref()?;
        scope.abandoned(&inner.name, &inner.path.positions());
        scope.enter()
    }
}

impl Inner {
    fn emit(&self, kind: EventKind<'_>) {
        self.shared.emit_of_member(&self.path, &self.name, kind);
    }

    fn begin(&mut self, outcome: Option<OutcomeKind>) {
        self.end = PhaseEnd::Dropped;
        self.has_entered = false;
        self.emit(outcome.map_or(EventKind::EnterBegan, EventKind::ExitBegan));
        let scope = self.shared.span.as_ref();
        self.span = scope.and_then(|scope| scope.of_member(&self.name, &self.path.positions(), outcome));
    }

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
