use super::scale::Scale;
use super::words::{Charset, units};
use super::{End, MemberRecord, Span};
use crate::error::Phase;
use std::string::String;
use std::time::Duration;
use std::vec;
use std::vec::Vec;

/// A piece of a row, as both pictures show it.
pub(super) struct Segment {
    pub(super) kind: Kind,
    pub(super) from: Duration,
    pub(super) to: Duration,
    pub(super) mark: Option<Mark>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Enter,
    /// Between enter and exit.
    Up,
    Exit,
    Body,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Enter, Self::Up, Self::Exit, Self::Body];

    /// Returns the phase of a member; `None` for the body.
    pub(super) fn phase(self) -> Option<Phase> {
        match self {
            Self::Enter => Some(Phase::Enter),
            Self::Up => Some(Phase::Up),
            Self::Exit => Some(Phase::Exit),
            Self::Body => None,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Enter => "entering",
            Self::Up => "up",
            Self::Exit => "exiting",
            Self::Body => "body",
        }
    }
}

/// The mark at the end of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Failed,
    Panicked,
    Late,
    Dropped,
    Abandoned,
    InFlight,
}

impl Mark {
    pub(super) const ALL: [Self; 6] =
        [Self::Failed, Self::Panicked, Self::Late, Self::Dropped, Self::Abandoned, Self::InFlight];

    pub(super) fn of(span: Span) -> Option<Self> {
        match span.ended() {
            Some(End::Done) => None,
            Some(End::Failed) => Some(Self::Failed),
            Some(End::Panicked) => Some(Self::Panicked),
            Some(End::Late) => Some(Self::Late),
            Some(End::Dropped) => Some(Self::Dropped),
            None => Some(Self::InFlight),
        }
    }

    pub(super) fn letter(self) -> char {
        match self {
            Self::Failed => 'F',
            Self::Panicked => 'P',
            Self::Late => 'L',
            Self::Dropped => 'D',
            Self::Abandoned => 'A',
            Self::InFlight => '+',
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::Late => "late",
            Self::Dropped => "dropped",
            Self::Abandoned => "abandoned",
            Self::InFlight => "still in flight",
        }
    }
}

impl Segment {
    fn of(kind: Kind, span: Span, scale: &Scale) -> Self {
        let to = span.end().unwrap_or(scale.end).max(span.start());
        Self { kind, from: span.start(), to, mark: Mark::of(span) }
    }

    pub(super) fn of_body(body: Span, scale: &Scale) -> Vec<Self> {
        vec![Self::of(Kind::Body, body, scale)]
    }

    /// Returns the segments of a member, in their order. A member whose work has failed is up until then. In a scope
    /// that is over, a member that is still up is shown as up until the end of the scope.
    pub(super) fn of_member(member: &MemberRecord, scale: &Scale) -> Vec<Self> {
        let (enter, exit) = (member.enter(), member.exit());
        let mut segments: Vec<_> = enter.map(|span| Self::of(Kind::Enter, span, scale)).into_iter().collect();
        let left = member.died().or(exit.map(|exit| exit.start())).or(member.abandoned);
        let was_in = enter.filter(|span| span.ended() == Some(End::Done)).and_then(|span| span.end());
        if let (Some(from), to) | (None, to @ Some(from)) = (was_in, left) {
            let to = to.unwrap_or(scale.over).max(from);
            let abandoned = member.abandoned.and(if exit.is_none() { Some(Mark::Abandoned) } else { None });
            let mark = member.up.span.and_then(Mark::of).or(abandoned);
            if from < to || mark.is_some() {
                segments.push(Self { kind: Kind::Up, from, to, mark });
            }
        }
        segments.extend(exit.map(|span| Self::of(Kind::Exit, span, scale)));
        segments
    }
}

/// Places segments on a line of `width` cells, in their order, side by side, and none shorter than `least`. Returns for
/// each the cell in which it begins and the one after it.
pub(super) fn lay(segments: &[Segment], scale: &Scale, width: usize, least: usize) -> Vec<(usize, usize)> {
    let mut free = 0;
    let place = |segment: &Segment| {
        let from = scale.at(segment.from, width).max(free);
        free = scale.at(segment.to, width).max(from + least);
        (from, free)
    };
    let mut places: Vec<_> = segments.iter().map(place).collect();
    let mut limit = width;
    for (from, to) in places.iter_mut().rev() {
        *to = limit.min(*to);
        *from = to.saturating_sub(least).min(*from);
        limit = *from;
    }
    places
}

/// Returns the text of the time that a phase has taken, and its mark.
pub(super) fn took(span: Option<Span>, end: Duration, script: Charset) -> (String, Option<Mark>) {
    let Some(span) = span else {
        return (String::new(), None);
    };
    (units(span.end().unwrap_or(end).saturating_sub(span.start()), script), Mark::of(span))
}
