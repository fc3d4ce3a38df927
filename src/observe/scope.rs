use super::path::PathInner;
use super::span::Span;
use super::{BodyObserver, Event, EventKind, MemberPath, Observer, PhaseEnd, quietly};
use crate::error::{Abandoned, BoxError, Elapsed, Failures, Phase};
use crate::lock::Mutex;
use crate::outcome::{Cause, Outcome, OutcomeKind};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::OnceCell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Observes a scope, or nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScopeObserver(Option<Arc<SharedObserver>>);

/// The state that the observers of the scope, its body and its members share.
#[derive(Debug)]
pub(super) struct SharedObserver {
    observer: Observer,
    number: usize,
    /// Empty unless there is an observer.
    name: String,
    pub(super) span: Option<Span>,
    /// The members with an event, by the keys of their paths.
    members: Mutex<BTreeMap<Vec<usize>, Known>>,
    /// The number of the next member of a dynamic set.
    next: AtomicUsize,
    end: Mutex<ScopeEnd>,
}

/// A member that has had an event.
#[derive(Clone, Debug)]
struct Known {
    number: usize,
    path: Vec<usize>,
    name: String,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    ExitDropped,
    Abandoned,
    Other,
}

/// The end of the scope, as far as it is known.
#[derive(Debug, Default)]
struct ScopeEnd {
    outcome: Option<OutcomeKind>,
    errors: Vec<String>,
    closed: bool,
}

impl ScopeObserver {
    /// Begins to observe a scope. This is the one place that finds out whether the scope is observed.
    #[inline]
    pub(crate) fn open(observer: Observer, name: impl Fn() -> String) -> Self {
        if observer.is_some() || Span::can_be_enabled() { Self::open_for(observer, &name) } else { Self(None) }
    }

    #[cold]
    fn open_for(observer: Observer, name: &dyn Fn() -> String) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let text = OnceCell::new();
        let name = || &**text.get_or_init(name);
        let span = Span::of_scope(name);
        if span.is_none() && !observer.is_some() {
            return Self(None);
        }
        let name = if observer.is_some() { name().to_owned() } else { String::new() };
        let (members, next, end) = Default::default();
        let shared = SharedObserver { observer, number: NEXT.fetch_add(1, Relaxed), name, span, members, next, end };
        shared.emit(EventKind::ScopeBegan);
        Self(Some(Arc::new(shared)))
    }

    /// Returns `true` if the scope is observed.
    #[inline]
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the path of the whole scope, if it is observed.
    pub(crate) fn path(&self) -> Option<MemberPath> {
        self.0.as_ref().map(MemberPath::root)
    }

    #[inline]
    pub(crate) fn body(&self) -> BodyObserver<'_> {
        BodyObserver::new(self.0.as_deref())
    }

    /// Records the outcome that the exits receive.
    #[inline]
    pub(crate) fn record_outcome(&self, outcome: &Outcome<'_>) {
        if let Some(shared) = &self.0 {
            shared.record_outcome(outcome);
        }
    }

    /// Records that the scope is over.
    #[inline]
    pub(crate) fn close(&self, failures: &Failures) {
        if let Some(shared) = &self.0 {
            shared.close(Some(failures));
        }
    }
}

impl Drop for ScopeObserver {
    #[inline]
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            dispose(shared);
        }
    }
}

/// Returns the text of the body's error: its `Display` if its type is known, and otherwise its `Debug`.
fn words(cause: &Cause<'_>) -> String {
    let no_words = || "(its message panicked)".to_owned();
    #[cfg(feature = "anyhow")]
    if let Some(error) = cause.body::<anyhow::Error>() {
        return quietly(|| format!("{error:#}")).unwrap_or_else(no_words);
    }
    match cause.body::<BoxError>() {
        Some(error) => crate::error::words(&**error),
        None => quietly(|| format!("{cause:?}")).unwrap_or_else(no_words),
    }
}

impl SharedObserver {
    /// Emits an event of the scope or its body.
    pub(super) fn emit(&self, kind: EventKind<'_>) {
        self.observer.event(&Event { scope: self.number, scope_name: &self.name, member: None, kind });
    }

    /// Emits an event of the member at this path, and the end of its time up before that.
    pub(super) fn emit_of_member(&self, path: &PathInner, name: &str, kind: EventKind<'_>) {
        if !self.observer.is_some() {
            return;
        }
        let (path, key) = (path.positions(), path.key());
        let (member, up_ended) = {
            let mut members = self.members.lock();
            let (number, name, state) = (members.len(), name.to_owned(), State::Other);
            let member = members.entry(key).or_insert(Known { number, path: Vec::new(), name, state });
            member.path = path;
            let up_ended = member.note(kind);
            (member.clone(), up_ended)
        };
        if let Some(end) = up_ended {
            self.emit_of(&member, EventKind::UpEnded(end));
        }
        self.emit_of(&member, kind);
    }

    fn emit_of(&self, member: &Known, kind: EventKind<'_>) {
        let Known { number, path, name, .. } = member;
        let member = Some((*number, &**path, &**name));
        self.observer.event(&Event { scope: self.number, scope_name: &self.name, member, kind });
    }

    /// Changes the members within this path, and returns them as they were before, but for their paths.
    fn change(&self, within: &[usize], mut change: impl FnMut(&mut Known, &[usize])) -> Vec<Known> {
        let mut members = self.members.lock();
        let within_it =
            members.range_mut(within.to_vec()..).map_while(|(key, known)| Some((key.strip_prefix(within)?, known)));
        within_it
            .map(|(rest, known)| {
                let state = known.state;
                change(known, rest);
                Known { state, ..known.clone() }
            })
            .collect()
    }

    /// Changes the path of a member and of all members below it: in a dynamic set it is known only after the enter.
    pub(super) fn change_path(&self, key: &[usize], path: &[usize]) {
        for member in self.change(key, |member, rest| member.path = [path, rest].concat()) {
            self.emit_of(&member, EventKind::PathChanged);
        }
    }

    /// Records that the exits below this path timed out: those that were dropped, and those that could not begin.
    pub(super) fn time_out(&self, key: &[usize]) {
        for member in self.change(key, |member, _| member.state = State::Other) {
            if member.state == State::ExitDropped {
                self.emit_of(&member, EventKind::ExitEnded(PhaseEnd::Late));
            }
            if let State::ExitDropped | State::Abandoned = member.state {
                self.emit_of(&member, EventKind::Failed(Phase::Exit, &Elapsed::new().to_string()));
            }
        }
    }

    /// Records that the exits below this path were abandoned with their scope: those that were dropped, and those that
    /// had not begun.
    pub(super) fn abandon(&self, key: &[usize]) {
        for member in self.change(key, |member, _| member.state = State::Other) {
            let error = match member.state {
                State::ExitDropped => Abandoned::IN_EXIT,
                State::Abandoned => Abandoned::UP,
                State::Up | State::Other => continue,
            };
            self.emit_of(&member, EventKind::Failed(Phase::Exit, &error.to_string()));
        }
    }

    pub(super) fn next_number(&self) -> usize {
        self.next.fetch_add(1, Relaxed)
    }

    /// Records an error for the span.
    pub(super) fn add_error(&self, words: impl FnOnce() -> String) {
        if self.span.is_some() {
            let words = words();
            self.end.lock().errors.push(words);
        }
    }

    #[cold]
    fn record_outcome(&self, outcome: &Outcome<'_>) {
        self.end.lock().outcome = Some(outcome.kind());
        // The error of a failed enter is recorded with the failures.
        if let Outcome::Failed(cause) = outcome {
            self.add_error(|| words(cause));
        }
    }

    /// Closes the scope. If no outcome was recorded, the scope was dropped.
    #[cold]
    fn close(&self, failures: Option<&Failures>) {
        if let Some(failures) = failures.filter(|failures| !failures.is_empty()) {
            self.add_error(|| failures.to_string());
        }
        let mut end = self.end.lock();
        if core::mem::replace(&mut end.closed, true) {
            return;
        }
        let outcome = end.outcome.unwrap_or(OutcomeKind::Cancelled);
        let errors = core::mem::take(&mut end.errors);
        drop(end);
        self.emit(EventKind::ScopeEnded(outcome));
        if let Some(span) = &self.span {
            span.record(Some(outcome), &errors.join("; "));
        }
    }
}

/// Out of line, so that dropping an empty observer is one check of a pointer.
#[cold]
fn dispose(shared: Arc<SharedObserver>) {
    drop(shared);
}

impl Drop for SharedObserver {
    fn drop(&mut self) {
        self.close(None);
    }
}

impl Known {
    /// Updates the state. Returns how the member's time up ends with this event, if it does.
    fn note(&mut self, kind: EventKind<'_>) -> Option<PhaseEnd> {
        let (state, up_ends) = match kind {
            EventKind::UpBegan => (State::Up, None),
            EventKind::ExitBegan(_) => (State::Other, Some(PhaseEnd::Done)),
            EventKind::ExitEnded(PhaseEnd::Dropped) => (State::ExitDropped, None),
            EventKind::Abandoned => (State::Abandoned, Some(PhaseEnd::Dropped)),
            EventKind::Failed(..) => return None,
            _ => (State::Other, None),
        };
        let before = core::mem::replace(&mut self.state, state);
        up_ends.filter(|_| before == State::Up)
    }
}
