use crate::timeline::label::Label;
use crate::timeline::scale::Scale;
use crate::timeline::segment::{Kind, Mark, Segment, lay, took};
use crate::timeline::words::ASCII;
use crate::timeline::{MemberRecord, Span};
use std::format;
use std::string::String;
use std::time::Duration;
use std::vec::Vec;

/// The parts of a row. Each number is followed by its mark, or the space for it.
pub(super) struct Line {
    pub(super) label: Label,
    pub(super) enter: String,
    pub(super) exit: String,
    /// The time of the body, which has no enter or exit.
    pub(super) ran: String,
    segments: Vec<Segment>,
}

impl Line {
    pub(super) fn of_body(body: Span, scale: &Scale) -> Self {
        let ran = format!("ran {}", number(Some(body), scale.end));
        let segments = Segment::of_body(body, scale);
        Self { label: Label::new(&[], "body"), enter: String::new(), exit: String::new(), ran, segments }
    }

    pub(super) fn of_member(member: &MemberRecord, scale: &Scale) -> Self {
        Self {
            label: Label::new(member.path(), member.name()),
            enter: number(member.enter(), scale.end),
            exit: number(member.exit(), scale.end),
            ran: String::new(),
            segments: Segment::of_member(member, scale),
        }
    }

    /// Draws the bar, and records its characters in the legend.
    pub(super) fn draw(&self, scale: &Scale, width: usize, legend: &mut Legend) -> String {
        let mut bar = String::with_capacity(width);
        for (segment, (from, to)) in self.segments.iter().zip(lay(&self.segments, scale, width, 1)) {
            legend.note(segment);
            bar.extend(std::iter::repeat_n(' ', from.saturating_sub(bar.len())));
            let plain = to.saturating_sub(from + usize::from(segment.mark.is_some()));
            bar.extend(std::iter::repeat_n(character(segment.kind), plain));
            bar.extend(segment.mark.map(Mark::letter));
        }
        bar
    }
}

fn number(span: Option<Span>, end: Duration) -> String {
    let (took, mark) = took(span, end, ASCII);
    if took.is_empty() { took } else { format!("{took} {}", mark.map_or(' ', Mark::letter)) }
}

fn character(kind: Kind) -> char {
    match kind {
        Kind::Enter => '>',
        Kind::Up => '=',
        Kind::Exit => '<',
        Kind::Body => '#',
    }
}

/// The legend of the characters that were drawn.
#[derive(Default)]
pub(super) struct Legend {
    kinds: Vec<Kind>,
    marks: Vec<Mark>,
}

impl Legend {
    fn note(&mut self, segment: &Segment) {
        if !self.kinds.contains(&segment.kind) {
            self.kinds.push(segment.kind);
        }
        if let Some(mark) = segment.mark.filter(|mark| !self.marks.contains(mark)) {
            self.marks.push(mark);
        }
    }
    /// Returns each character that was drawn, with its meaning.
    pub(super) fn parts(&self) -> impl Iterator<Item = String> {
        let kinds = Kind::ALL.into_iter().filter(|kind| self.kinds.contains(kind));
        let marks = Mark::ALL.into_iter().filter(|mark| self.marks.contains(mark));
        let kinds = kinds.map(|kind| format!("{} {}", character(kind), kind.word()));
        kinds.chain(marks.map(|mark| format!("{} {}", mark.letter(), mark.word())))
    }
}
