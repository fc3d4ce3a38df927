use super::{How, Observer, Place, Wrap};
use crate::error::Failures;
use crate::lock::Mutex;
use crate::outcome::{Outcome, OutcomeKind};
use crate::panic::{catch, discard};
#[cfg(feature = "timeline")]
use crate::timeline::{Recorder, Row};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Watches a scope.
#[derive(Clone, Debug, Default)]
pub struct Watch(Option<Arc<Shared>>);

/// What the watch, and the seats of the members, have in common.
#[derive(Debug)]
pub(super) struct Shared {
    #[cfg(feature = "timeline")]
    pub(super) recorder: Option<Recorder>,
    /// The rows of the members, by what they are known by.
    #[cfg(feature = "timeline")]
    pub(super) rows: Mutex<alloc::collections::BTreeMap<Vec<usize>, Row>>,
    #[cfg(feature = "tracing")]
    pub(super) span: tracing::Span,
    end: Mutex<End>,
}

/// How the scope ends, as far as it is known.
#[derive(Debug, Default)]
struct End {
    outcome: Option<OutcomeKind>,
    errors: Vec<String>,
    closed: bool,
}

impl Watch {
    /// Opens a watch, if anybody is to look.
    #[cfg_attr(not(feature = "timeline"), expect(clippy::needless_pass_by_value, reason = "it is empty then"))]
    pub(crate) fn open(observer: Observer, name: impl FnOnce() -> String) -> Self {
        #[cfg(feature = "tracing")]
        let is_traced = tracing::enabled!(target: "withal", tracing::Level::INFO);
        #[cfg(not(feature = "tracing"))]
        let is_traced = false;
        #[cfg(feature = "timeline")]
        let is_recorded = observer.timeline.is_some();
        #[cfg(not(feature = "timeline"))]
        let is_recorded = {
            let Observer {} = observer;
            false
        };
        if !is_traced && !is_recorded {
            return Self(None);
        }
        let name = name();
        Self(Some(Arc::new(Shared {
            #[cfg(feature = "timeline")]
            recorder: observer.timeline.map(|timeline| timeline.open(&name)),
            #[cfg(feature = "timeline")]
            rows: Mutex::default(),
            #[cfg(feature = "tracing")]
            span: tracing::info_span!(
                target: "withal",
                "scope",
                name,
                outcome = tracing::field::Empty,
                error = tracing::field::Empty
            ),
            end: Mutex::default(),
        })))
    }

    /// The place of the whole, if anybody looks.
    pub(crate) fn place(&self) -> Option<Place> {
        self.0.clone().map(Place::root)
    }

    pub(crate) fn body(&self) -> Body {
        Body(self.0.clone())
    }

    /// The exits are told this.
    pub(crate) fn told(&self, outcome: &Outcome<'_>) {
        if let Some(shared) = &self.0 {
            let mut end = shared.end.lock();
            end.outcome = Some(outcome.kind());
            drop(end);
            // That of a failed enter is told with the failures.
            if let Outcome::Failed(cause) = outcome {
                match catch(|| format!("{cause:?}")) {
                    Ok(error) => shared.end.lock().errors.push(error),
                    Err(panic) => discard(panic.into_payload()),
                }
            }
        }
    }

    /// The scope is over.
    pub(crate) fn close(&self, failures: &Failures) {
        if let Some(shared) = &self.0 {
            if !failures.is_empty() {
                let failures = failures.to_string();
                shared.end.lock().errors.push(failures);
            }
            shared.close();
        }
    }
}

#[cfg(feature = "timeline")]
impl Shared {
    /// Corrects the place of a member, and of all in it: one of a dynamic set learns it only when it is in.
    pub(super) fn move_rows(&self, key: &[usize], path: &[usize]) {
        let Some(recorder) = &self.recorder else { return };
        for (within, row) in self.rows.lock().range(key.to_vec()..) {
            let Some(rest) = within.strip_prefix(key) else { break };
            recorder.set_path(*row, &[path, rest].concat());
        }
    }
}

impl Shared {
    /// A scope of which nobody says how it ended was dropped.
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
        #[cfg(feature = "tracing")]
        {
            self.span.record("outcome", tracing::field::debug(outcome));
            if !errors.is_empty() {
                self.span.record("error", errors.join("; "));
            }
        }
        drop(errors);
        let _ = outcome;
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

/// Watches the body.
#[derive(Debug)]
pub(crate) struct Body(Option<Arc<Shared>>);

impl Body {
    pub(crate) fn begin(&self) -> Wrap {
        #[cfg(feature = "timeline")]
        if let Some(recorder) = self.0.as_ref().and_then(|shared| shared.recorder.as_ref()) {
            recorder.body_begins();
        }
        Wrap {
            #[cfg(feature = "tracing")]
            span: self.0.as_ref().map_or_else(tracing::Span::none, |shared| shared.span.clone()),
        }
    }

    #[cfg_attr(
        not(feature = "timeline"),
        expect(unused_variables, clippy::unused_self, reason = "the span of the body is the scope's")
    )]
    pub(crate) fn end(&self, how: How) {
        #[cfg(feature = "timeline")]
        if let Some(recorder) = self.0.as_ref().and_then(|shared| shared.recorder.as_ref()) {
            recorder.body_ends(how.into());
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
