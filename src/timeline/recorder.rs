use super::clock::Clock;
use super::{End, MemberRecord, ScopeRecord, Span};
use crate::error::{Elapsed, Phase};
use crate::outcome::OutcomeKind;
use std::string::ToString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Records one scope. It can be cloned and sent to other threads, and accepts events in any order.
///
/// Each call reads the clock, allocates, and only then takes the scope's own lock, for a few stores.
#[derive(Clone, Debug)]
pub(crate) struct Recorder(Arc<Log>);

/// The number of a member's row, within its scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row(usize);

#[derive(Debug)]
struct Log {
    clock: Arc<Clock>,
    record: Mutex<ScopeRecord>,
}

impl Recorder {
    pub(super) fn new(name: &str, clock: Arc<Clock>) -> Self {
        let record = ScopeRecord::new(name, clock.now());
        Self(Arc::new(Log { clock, record: Mutex::new(record) }))
    }

    fn record(&self) -> MutexGuard<'_, ScopeRecord> {
        self.0.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_open(&self) -> bool {
        self.record().closed.is_none()
    }

    /// Returns the record so far, with the members in member order.
    pub(super) fn snapshot(&self) -> ScopeRecord {
        let mut record = self.record().clone();
        record.members.sort_by(|a, b| a.path.cmp(&b.path));
        record
    }

    /// Changes a row. A row of another scope that does not exist here is ignored.
    fn change(&self, row: Row, change: impl FnOnce(&mut MemberRecord)) {
        if let Some(member) = self.record().members.get_mut(row.0) {
            change(member);
        }
    }
}

impl Recorder {
    pub(crate) fn member(&self, path: &[usize], name: &str) -> Row {
        let member = MemberRecord::new(path.into(), name.into());
        let mut record = self.record();
        record.members.push(member);
        Row(record.members.len() - 1)
    }

    /// Updates the path of a member: in a dynamic set it is known only after the enter.
    pub(crate) fn set_path(&self, row: Row, path: &[usize]) {
        let path = path.into();
        self.change(row, |member| member.path = path);
    }

    pub(crate) fn begin(&self, row: Row, phase: Phase, told: Option<OutcomeKind>) {
        let now = self.0.clock.now();
        self.change(row, |member| member.begin(now, phase, told));
    }

    pub(crate) fn end(&self, row: Row, phase: Phase, end: End) {
        let now = self.0.clock.now();
        self.change(row, |member| member.end(now, phase, end));
    }

    /// Records that an exit that was dropped in flight timed out.
    pub(crate) fn late(&self, row: Row) {
        let words = Elapsed::new().to_string().into();
        self.change(row, |member| member.late(words));
    }

    /// Records the text of an error, at any time after the error.
    pub(crate) fn explain(&self, row: Row, phase: Phase, text: &str) {
        let words = text.into();
        self.change(row, |member| member.explain(phase, words));
    }

    pub(crate) fn abandoned(&self, row: Row) {
        let now = self.0.clock.now();
        self.change(row, |member| member.abandoned = Some(now));
    }

    pub(crate) fn body_begins(&self) {
        let now = self.0.clock.now();
        self.record().body = Some(Span::new(now));
    }

    pub(crate) fn body_ends(&self, end: End) {
        let now = self.0.clock.now();
        self.record().body.get_or_insert(Span::new(now)).finish(now, end);
    }

    /// Closes the scope. Only the first call has an effect. Later events are still recorded.
    pub(crate) fn close(&self, outcome: OutcomeKind) {
        let now = self.0.clock.now();
        self.record().closed.get_or_insert((now, outcome));
    }
}

#[cfg(test)]
impl Recorder {
    pub(super) fn rows(&self) -> impl Iterator<Item = Row> + use<> {
        (0..self.record().members.len()).map(Row)
    }
}
