use super::ScopeRecord;
use super::label::Label;
use super::words::{ASCII, Charset, clean, units};
use crate::error::Phase;
use std::fmt;
use std::format;
use std::string::String;
use std::sync::Arc;
use std::time::Duration;

/// A call in flight, and its start: the enter or exit of a member, or the body.
///
/// Its `Display` is a sentence such as `[1] redis has been exiting for 3.2 s`; with `{:#}`, the scope's name stands
/// before it.
#[derive(Clone, Debug)]
pub struct InFlight {
    scope: Arc<str>,
    path: Arc<[usize]>,
    name: Arc<str>,
    phase: Option<Phase>,
    since: Duration,
    elapsed: Duration,
}

impl InFlight {
    /// Returns the calls in flight of one scope: the members in their order, then the body.
    pub(super) fn of(scope: &ScopeRecord, now: Duration) -> impl Iterator<Item = Self> {
        let in_flight = move |path: &Arc<[usize]>, name: &Arc<str>, phase, since| Self {
            scope: Arc::clone(&scope.name),
            path: Arc::clone(path),
            name: Arc::clone(name),
            phase,
            since,
            elapsed: now.saturating_sub(since),
        };
        let members = scope.members.iter().flat_map(move |member| {
            [Phase::Enter, Phase::Exit].into_iter().filter_map(move |phase| {
                let span = member.track(phase).span.filter(|span| span.end().is_none())?;
                Some(in_flight(&member.path, &member.name, Some(phase), span.start()))
            })
        });
        let body = scope.body.filter(|body| body.end().is_none());
        members.chain(body.map(|body| in_flight(&[].into(), &"body".into(), None, body.start())))
    }

    pub(super) fn sentence(&self, script: Charset) -> String {
        let elapsed = units(self.elapsed, script);
        let phase = match self.phase {
            None => return format!("the body has been running for {elapsed}"),
            Some(Phase::Enter) => "entering",
            Some(Phase::Exit | Phase::Up) => "exiting",
        };
        format!("{} has been {phase} for {elapsed}", Label::new(&self.path, &self.name).in_full(script))
    }

    /// Returns the name of the scope's resource.
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// Returns the member's position, as in a [`Failure`](crate::Failure).
    #[must_use]
    pub fn path(&self) -> &[usize] {
        &self.path
    }

    /// Returns the member's name, as in a [`Failure`](crate::Failure), or `body`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the phase that a member is in; `None` for the body.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        self.phase
    }

    /// Returns the time at which it began.
    #[must_use]
    pub fn since(&self) -> Duration {
        self.since
    }

    /// Returns the time that it has taken so far.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

impl fmt::Display for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() && !self.scope.is_empty() {
            write!(f, "{}: ", clean(&self.scope))?;
        }
        f.write_str(&self.sentence(ASCII))
    }
}
