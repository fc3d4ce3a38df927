use super::End;
use std::time::Duration;

/// The start and the end of a phase, in the time of its [`Timeline`](crate::Timeline).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    start: Duration,
    ended: Option<(Duration, End)>,
}

impl Span {
    pub(super) fn new(start: Duration) -> Self {
        Self { start, ended: None }
    }

    pub(super) fn moment(at: Duration) -> Self {
        Self { start: at, ended: Some((at, End::Done)) }
    }

    /// Ends the phase. If it ends twice, the first time and the more severe end are kept: a future that was dropped can
    /// turn out to have been late, and one that is done can panic when it is dropped.
    pub(super) fn finish(&mut self, at: Duration, end: End) {
        match &mut self.ended {
            Some((_, before)) => *before = end.max(*before),
            None => self.ended = Some((at.max(self.start), end)),
        }
    }

    /// Returns the time of its first poll.
    #[must_use]
    pub fn start(&self) -> Duration {
        self.start
    }

    /// Returns the time of its end; `None` while it is in flight.
    #[must_use]
    pub fn end(&self) -> Option<Duration> {
        self.ended.map(|(at, _)| at)
    }

    /// Returns how it ended; `None` while it is in flight.
    #[must_use]
    pub fn ended(&self) -> Option<End> {
        self.ended.map(|(_, end)| end)
    }

    /// Returns `true` if the two share some time, as in the example of
    /// [`Timeline::members`](crate::Timeline::members). A moment in which one ends and the other starts is not enough.
    /// A phase in flight has no end yet.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let ends_after = |span: &Self, time| span.end().is_none_or(|end| end > time);
        ends_after(self, other.start) && ends_after(other, self.start)
    }
}
