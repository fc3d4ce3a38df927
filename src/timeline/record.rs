use super::{End, Span};
use crate::error::Phase;
use crate::outcome::OutcomeKind;
use std::format;
use std::sync::Arc;
use std::time::Duration;
use std::vec::Vec;

/// The record of one scope on a [`Timeline`](crate::Timeline).
#[derive(Clone, Debug)]
pub struct ScopeRecord {
    pub(super) name: Arc<str>,
    pub(super) opened: Duration,
    pub(super) closed: Option<(Duration, OutcomeKind)>,
    pub(super) body: Option<Span>,
    pub(super) members: Vec<MemberRecord>,
}

impl ScopeRecord {
    pub(super) fn new(name: &str, opened: Duration) -> Self {
        Self { name: name.into(), opened, closed: None, body: None, members: Vec::new() }
    }

    /// Returns the name of the scope's resource.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the time at which the scope began.
    #[must_use]
    pub fn opened(&self) -> Duration {
        self.opened
    }

    /// Returns the time at which the scope was over; `None` while it goes on.
    #[must_use]
    pub fn closed(&self) -> Option<Duration> {
        self.closed.map(|(at, _)| at)
    }

    /// Returns the outcome of the scope that its exits received, or `Cancelled` if the scope was dropped before; `None`
    /// while it goes on.
    #[must_use]
    pub fn outcome(&self) -> Option<OutcomeKind> {
        self.closed.map(|(_, outcome)| outcome)
    }

    /// Returns the time of the body; `None` if it has not begun.
    #[must_use]
    pub fn body(&self) -> Option<Span> {
        self.body
    }

    /// Returns its members, in member order.
    #[must_use]
    pub fn members(&self) -> &[MemberRecord] {
        &self.members
    }
}

/// The record of one member of a scope on a [`Timeline`](crate::Timeline).
#[derive(Clone, Debug)]
pub struct MemberRecord {
    /// Its number in the scope, by which its events find it.
    pub(super) number: usize,
    pub(super) path: Arc<[usize]>,
    pub(super) name: Arc<str>,
    pub(super) enter: Track,
    /// The failure of its work while it was up, which took no time.
    pub(super) up: Track,
    pub(super) exit: Track,
    pub(super) told: Option<OutcomeKind>,
    pub(super) abandoned: Option<Duration>,
}

/// One phase, and its errors. An exit can fail without having begun.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    pub(super) span: Option<Span>,
    pub(super) words: Option<Arc<str>>,
}

impl MemberRecord {
    pub(super) fn new(number: usize, path: Arc<[usize]>, name: Arc<str>) -> Self {
        let (enter, up, exit, told, abandoned) = Default::default();
        Self { number, path, name, enter, up, exit, told, abandoned }
    }

    /// Returns its position, as in a [`Failure`](crate::Failure).
    #[must_use]
    pub fn path(&self) -> &[usize] {
        &self.path
    }

    /// Returns its name, as in a [`Failure`](crate::Failure).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the time of its enter; `None` if that has not begun.
    #[must_use]
    pub fn enter(&self) -> Option<Span> {
        self.enter.span
    }

    /// Returns the time of its exit; `None` if that has not begun.
    #[must_use]
    pub fn exit(&self) -> Option<Span> {
        self.exit.span
    }

    /// Returns the outcome that its exit received; `None` if that did not begin.
    #[must_use]
    pub fn told(&self) -> Option<OutcomeKind> {
        self.told
    }

    /// Returns the time at which its work failed while it was up: that of a [`background`](crate::background()), or of
    /// a [`watch`](crate::ResourceExt::watch).
    #[must_use]
    pub fn died(&self) -> Option<Duration> {
        self.up.span.map(|span| span.start())
    }

    /// Returns the time at which it was abandoned.
    #[must_use]
    pub fn abandoned(&self) -> Option<Duration> {
        self.abandoned
    }

    /// Returns the text of the error in this phase.
    #[must_use]
    pub fn error(&self, phase: Phase) -> Option<&str> {
        self.track(phase).words.as_deref()
    }

    pub(super) fn track(&self, phase: Phase) -> &Track {
        match phase {
            Phase::Enter => &self.enter,
            Phase::Up => &self.up,
            Phase::Exit => &self.exit,
        }
    }

    pub(super) fn track_mut(&mut self, phase: Phase) -> &mut Track {
        match phase {
            Phase::Enter => &mut self.enter,
            Phase::Up => &mut self.up,
            Phase::Exit => &mut self.exit,
        }
    }

    /// Begins a phase. An earlier record of the phase is removed, and if it is the enter, those of all phases.
    pub(super) fn begin(&mut self, at: Duration, phase: Phase) {
        if phase == Phase::Enter && self.enter.span.is_some() {
            *self = Self::new(self.number, Arc::clone(&self.path), Arc::clone(&self.name));
        }
        *self.track_mut(phase) = Track { span: Some(Span::new(at)), words: None };
    }

    /// Ends a phase. A phase that had not begun took no time.
    pub(super) fn end(&mut self, at: Duration, phase: Phase, end: End) {
        self.track_mut(phase).span.get_or_insert(Span::new(at)).finish(at, end);
    }

    /// Adds the text of an error. A phase can have two: an error, and then a panic when its future is dropped.
    pub(super) fn explain(&mut self, phase: Phase, words: &str) {
        let track = self.track_mut(phase);
        track.words = Some(match track.words.take() {
            Some(before) => format!("{before}; {words}").into(),
            None => words.into(),
        });
    }
}
