use super::member::text;
use super::path::PathInner;
use super::{EventKind, MemberPath, PhaseEnd};
use crate::error::{Failures, Phase};
use alloc::string::String;

/// Observes the work of a member.
#[derive(Debug)]
pub(crate) struct WorkObserver {
    path: PathInner,
    name: String,
}

impl WorkObserver {
    /// Returns `None` if the scope is not observed.
    pub(crate) fn new(path: &MemberPath, own_name: impl FnOnce() -> String) -> Option<Self> {
        let path = path.inner()?.clone();
        Some(Self { name: path.name(&own_name()), path })
    }

    /// Records that the work has failed while the member is up.
    pub(crate) fn failed(&self, end: PhaseEnd, error: impl FnOnce() -> String) {
        if let Some(shared) = self.path.shared.upgrade() {
            shared.emit_of_member(&self.path, &self.name, EventKind::UpEnded(end));
            if let Some(scope) = &shared.span {
                scope.failed(&self.name, &self.path.positions(), &error());
            }
        }
    }

    /// Records the failures of the work as text.
    pub(crate) fn explain(&self, phase: Phase, failures: &Failures) {
        if let Some(shared) = self.path.shared.upgrade().filter(|_| !failures.is_empty()) {
            shared.emit_of_member(&self.path, &self.name, EventKind::Failed(phase, &text(failures)));
        }
    }
}
