use super::path::PathInner;
use super::scope::SharedObserver;
use super::{EventKind, MemberPath, PhaseEnd, Span};
use crate::error::{Failures, Phase};
use crate::outcome::Outcome;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Observes a member.
#[derive(Debug)]
pub(crate) struct MemberObserver {
    shared: Arc<SharedObserver>,
    path: PathInner,
    name: String,
    /// How the phase is going to end, as far as is known.
    end: PhaseEnd,
    /// The span of the phase in flight, or of a failed phase whose error is not recorded yet.
    span: Option<Span>,
}

impl MemberObserver {
    /// Returns `None` if the scope is not observed.
    pub(crate) fn new(path: &MemberPath, own_name: impl FnOnce() -> String) -> Option<Self> {
        let path = path.inner().filter(|path| !path.is_at_rest)?;
        let shared = path.shared.upgrade()?;
        Some(Self { shared, name: path.name(&own_name()), path: path.clone(), end: PhaseEnd::Done, span: None })
    }

    fn emit(&self, kind: EventKind<'_>) {
        self.shared.emit_of_member(&self.path, &self.name, kind);
    }

    /// Records that the exit has begun, with this outcome, or else the enter.
    pub(crate) fn begin(&mut self, outcome: Option<&Outcome<'_>>) {
        let outcome = outcome.map(Outcome::kind);
        self.end = PhaseEnd::Done;
        self.emit(outcome.map_or(EventKind::EnterBegan, EventKind::ExitBegan));
        let scope = self.shared.span.as_ref();
        self.span = scope.and_then(|scope| scope.of_member(&self.name, &self.path.positions(), outcome));
    }

    /// Returns the span of the phase in flight.
    pub(crate) fn span(&self) -> Option<&Span> {
        self.span.as_ref()
    }

    /// Stores how the phase is going to end, as far as is known.
    pub(crate) fn note(&mut self, end: PhaseEnd) {
        self.end = self.end.max(end);
    }

    /// Records that the phase has ended. The span of a failed one stays open for its error.
    pub(crate) fn end(&mut self, phase: Phase) {
        match phase {
            Phase::Enter => self.emit(EventKind::EnterEnded(self.end)),
            Phase::Exit => self.emit(EventKind::ExitEnded(self.end)),
            Phase::Up => {}
        }
        if self.end == PhaseEnd::Done {
            self.span = None;
            if phase == Phase::Enter {
                self.emit(EventKind::UpBegan);
            }
        }
    }

    /// Closes the span.
    pub(crate) fn close(&mut self) {
        self.span = None;
    }

    /// Records that the member's own work has failed while it is up.
    pub(crate) fn work_failed(&self, failures: &Failures) {
        let end = if failures.has_panic() { PhaseEnd::Panicked } else { PhaseEnd::Failed };
        self.emit(EventKind::UpEnded(end));
        if let Some(scope) = &self.shared.span {
            scope.failed(&self.name, &self.path.positions(), &text(failures));
        }
    }

    /// Records that the member is about to be abandoned. Returns the span of the scope.
    pub(crate) fn abandon(&self) -> Option<&Span> {
        self.emit(EventKind::Abandoned);
        let scope = self.shared.span.as_ref()?;
        scope.abandoned(&self.name, &self.path.positions());
        Some(scope)
    }

    /// Records the failures as text, and closes the span.
    pub(crate) fn explain(&mut self, phase: Phase, failures: &Failures) {
        let words = text(failures);
        self.emit(EventKind::Failed(phase, &words));
        if let Some(span) = self.span.take() {
            span.record(None, &words);
        }
    }
}

/// Returns the failures of one member as text.
pub(super) fn text(failures: &Failures) -> String {
    let words = failures.iter().map(|failure| {
        if failure.path().is_empty() { crate::error::words(failure.error()) } else { failure.to_string() }
    });
    words.collect::<Vec<_>>().join("; ")
}
