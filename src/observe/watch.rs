use super::span::Span;
use super::{How, Observer, Place, Wrap, quietly};
use crate::error::{BoxError, Failures};
use crate::lock::Mutex;
use crate::outcome::{Cause, Outcome, OutcomeKind};
#[cfg(feature = "timeline")]
use crate::timeline::{Recorder, Row};
use crate::unwind::CaughtPanic;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::OnceCell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Observes a scope.
#[derive(Clone, Debug, Default)]
pub struct Watch(Option<Arc<Shared>>);

/// The state that the watch and the seats of the members share.
#[derive(Debug)]
pub(super) struct Shared {
    #[cfg(feature = "timeline")]
    pub(super) recorder: Option<Recorder>,
    /// The rows of the members, by their keys.
    #[cfg(feature = "timeline")]
    rows: Mutex<alloc::collections::BTreeMap<Vec<usize>, Row>>,
    pub(super) span: Span,
    /// The number of the next member of a dynamic set.
    next: AtomicUsize,
    end: Mutex<End>,
}

/// The end of the scope, as far as it is known.
#[derive(Debug, Default)]
struct End {
    outcome: Option<OutcomeKind>,
    errors: Vec<String>,
    closed: bool,
}

impl Watch {
    /// Opens a watch. It is empty if the scope is not observed.
    #[cfg_attr(not(feature = "timeline"), expect(clippy::needless_pass_by_value, reason = "it is empty then"))]
    pub(crate) fn open(observer: Observer, name: impl Fn() -> String) -> Self {
        let text = OnceCell::new();
        let name = || &**text.get_or_init(&name);
        let span = Span::scope(name);
        #[cfg(feature = "timeline")]
        let recorder = observer.timeline.map(|timeline| timeline.open(name()));
        #[cfg(feature = "timeline")]
        let is_recorded = recorder.is_some();
        #[cfg(not(feature = "timeline"))]
        let is_recorded = {
            let Observer {} = observer;
            false
        };
        if span.is_none() && !is_recorded {
            return Self(None);
        }
        Self(Some(Arc::new(Shared {
            #[cfg(feature = "timeline")]
            recorder,
            #[cfg(feature = "timeline")]
            rows: Mutex::default(),
            span,
            next: AtomicUsize::new(0),
            end: Mutex::default(),
        })))
    }

    /// Returns the place of the whole scope, if it is observed.
    pub(crate) fn place(&self) -> Option<Place> {
        self.0.as_ref().map(Place::root)
    }

    pub(crate) fn body(&self) -> Body {
        Body(self.0.clone())
    }

    /// Records the outcome that the exits receive.
    pub(crate) fn told(&self, outcome: &Outcome<'_>) {
        if let Some(shared) = &self.0 {
            shared.end.lock().outcome = Some(outcome.kind());
            // The error of a failed enter is recorded with the failures.
            if let Outcome::Failed(cause) = outcome {
                shared.failed(|| words(cause));
            }
        }
    }

    /// Records that the scope is over.
    pub(crate) fn close(&self, failures: &Failures) {
        if let Some(shared) = &self.0 {
            if !failures.is_empty() {
                shared.failed(|| failures.to_string());
            }
            shared.close();
        }
    }
}

/// Returns the text of the body's error: its `Display` if its type is known, and otherwise its `Debug`.
fn words(cause: &Cause<'_>) -> String {
    #[cfg(feature = "anyhow")]
    if let Some(error) = cause.body::<anyhow::Error>() {
        return quietly(|| format!("{error:#}")).unwrap_or_else(no_words);
    }
    match cause.body::<BoxError>() {
        Some(error) => crate::error::words(&**error),
        None => quietly(|| format!("{cause:?}")).unwrap_or_else(no_words),
    }
}

fn no_words() -> String {
    "(its message panicked)".to_owned()
}

#[cfg(feature = "timeline")]
impl Shared {
    /// Returns the row of the member there, which is created if there is none.
    pub(super) fn row(&self, recorder: &Recorder, spot: &super::place::Spot, name: &str) -> Row {
        *self.rows.lock().entry(spot.key()).or_insert_with(|| recorder.member(&spot.path(), name))
    }

    fn each_row(&self, within: &[usize], mut change: impl FnMut(&Recorder, Row, &[usize])) {
        let Some(recorder) = &self.recorder else { return };
        for (key, row) in self.rows.lock().range(within.to_vec()..) {
            let Some(rest) = key.strip_prefix(within) else { break };
            change(recorder, *row, rest);
        }
    }

    /// Updates the path of a member and of all members below it: in a dynamic set it is known only after the enter.
    pub(super) fn move_rows(&self, key: &[usize], path: &[usize]) {
        self.each_row(key, |recorder, row, rest| recorder.set_path(row, &[path, rest].concat()));
    }

    pub(super) fn late_rows(&self, key: &[usize]) {
        self.each_row(key, |recorder, row, _| recorder.late(row));
    }
}

impl Shared {
    pub(super) fn next_number(&self) -> usize {
        self.next.fetch_add(1, Relaxed)
    }

    fn failed(&self, words: impl FnOnce() -> String) {
        if !self.span.is_none() {
            let words = words();
            self.end.lock().errors.push(words);
        }
    }

    /// Closes the scope. If no outcome was recorded, the scope was dropped.
    fn close(&self) {
        let mut end = self.end.lock();
        if core::mem::replace(&mut end.closed, true) {
            return;
        }
        let outcome = end.outcome.unwrap_or(OutcomeKind::Cancelled);
        let errors = core::mem::take(&mut end.errors);
        drop(end);
        #[cfg(feature = "timeline")]
        if let Some(recorder) = &self.recorder {
            recorder.close(outcome);
        }
        self.span.record_outcome(outcome);
        if !errors.is_empty() {
            self.span.record_error(&errors.join("; "));
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

/// Observes the body.
#[derive(Debug)]
pub(crate) struct Body(Option<Arc<Shared>>);

impl Body {
    #[cfg(feature = "timeline")]
    fn recorder(&self) -> Option<&Recorder> {
        self.0.as_ref()?.recorder.as_ref()
    }

    pub(crate) fn begin(&self) -> Wrap {
        #[cfg(feature = "timeline")]
        if let Some(recorder) = self.recorder() {
            recorder.body_begins();
        }
        self.0.as_ref().map_or_else(Wrap::default, |shared| Wrap::new(shared.span.clone()))
    }

    #[cfg_attr(
        not(feature = "timeline"),
        expect(unused_variables, clippy::unused_self, reason = "the span of the body is the scope's")
    )]
    pub(crate) fn end(&self, how: How) {
        #[cfg(feature = "timeline")]
        if let Some(recorder) = self.recorder() {
            recorder.body_ends(how.into());
        }
    }

    pub(crate) fn panicked(&self, panic: &CaughtPanic) {
        self.end(How::Panicked);
        if let Some(shared) = &self.0 {
            shared.failed(|| format!("panicked: {}", panic.payload.message()));
        }
    }
}

#[cfg(feature = "timeline")]
impl From<How> for crate::timeline::End {
    fn from(how: How) -> Self {
        match how {
            How::Done => Self::Done,
            How::Failed => Self::Failed,
            How::Panicked => Self::Panicked,
            How::Late => Self::Late,
            How::Dropped => Self::Dropped,
        }
    }
}
