use super::label::Label;
use super::segment::Mark;
use super::words::{Charset, clean_lines};
use super::{InFlight, MemberRecord, ScopeRecord, Span};
use crate::error::Phase;
use std::borrow::ToOwned;
use std::format;
use std::string::String;
use std::time::Duration;
use std::vec::Vec;

/// The number of calls in flight that are listed, if the list can be shortened. The rows show all of them.
pub(super) const LISTED: usize = 10;

/// Returns sentences for the failures, the earliest first, and for at most `listed` calls in flight, the longest first.
pub(super) fn sentences(scope: &ScopeRecord, now: Duration, listed: usize, script: Charset) -> Vec<String> {
    let mut mishaps: Vec<_> = mishaps(scope).collect();
    mishaps.sort_by_key(|mishap| mishap.at().unwrap_or(Duration::MAX));
    let mut in_flight: Vec<_> = InFlight::of(scope, now).collect();
    in_flight.sort_by_key(InFlight::since);

    let mut sentences: Vec<_> = mishaps.iter().map(|mishap| mishap.sentence(script)).collect();
    sentences.extend(in_flight.iter().take(listed).map(|one| one.sentence(script)));
    if let Some(left @ 1..) = in_flight.len().checked_sub(listed) {
        sentences.push(format!("and {left} more are in flight"));
    }
    sentences
}

pub(super) fn count_failures(scope: &ScopeRecord) -> usize {
    mishaps(scope).count()
}

/// A failure of a member.
struct Mishap<'a> {
    member: &'a MemberRecord,
    phase: Phase,
    /// `None` for an exit that never began.
    span: Option<Span>,
    words: Option<&'a str>,
}

fn mishaps(scope: &ScopeRecord) -> impl Iterator<Item = Mishap<'_>> {
    let each = |member| [Phase::Enter, Phase::Up, Phase::Exit].map(|phase| (member, phase));
    scope.members.iter().flat_map(each).filter_map(|(member, phase): (&MemberRecord, _)| {
        let track = member.track(phase);
        let mark = track.span.and_then(Mark::of);
        // Work that fails while other members enter is a failed enter, and the words are there.
        let is_told = phase == Phase::Up && member.error(Phase::Enter).is_some();
        let has_failed = matches!(mark, Some(Mark::Failed | Mark::Panicked | Mark::Late)) && !is_told;
        let is_failure = has_failed || track.words.is_some();
        is_failure.then_some(Mishap { member, phase, span: track.span, words: track.words.as_deref() })
    })
}

impl Mishap<'_> {
    fn at(&self) -> Option<Duration> {
        self.span.map_or(self.member.abandoned, |span| span.end())
    }

    /// Returns the sentence of a [`Failure`](crate::Failure). Further lines of its text are indented below.
    fn sentence(&self, script: Charset) -> String {
        let who = Label::new(&self.member.path, &self.member.name).in_full(script);
        let why = match (self.words, self.span.and_then(Mark::of)) {
            (Some(words), _) => clean_lines(words, "\n    "),
            (None, mark) => mark.map_or("", Mark::word).to_owned(),
        };
        match self.phase {
            Phase::Enter => format!("could not enter {who}: {why}"),
            Phase::Up => format!("{who} failed: {why}"),
            Phase::Exit => format!("could not exit {who}: {why}"),
        }
    }
}
