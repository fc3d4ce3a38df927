use super::sheet::{MARGIN, NUMBERS, ROW, Sheet};
use super::xml::{Tenths, Xml};
use crate::error::Phase;
use crate::timeline::label::Label;
use crate::timeline::scale::Scale;
use crate::timeline::segment::{Kind, Mark, Segment, lay, took};
use crate::timeline::summary::outcome_words;
use crate::timeline::words::{UNICODE, clean_lines};
use crate::timeline::{MemberRecord, Span};
use std::fmt::Write;
use std::format;
use std::string::String;
use std::vec::Vec;

/// The least width of a bar, in tenths of a pixel.
const LEAST: usize = 30;

/// The row of a member, or of the body.
pub(super) struct Row<'a> {
    label: Label,
    member: Option<&'a MemberRecord>,
    /// The texts in the columns of numbers.
    numbers: [String; 2],
    segments: Vec<Segment>,
}

impl<'a> Row<'a> {
    pub(super) fn of_body(body: Span, scale: &Scale) -> Self {
        let ran = format!("ran {}", took(Some(body), scale.end, UNICODE).0);
        Self {
            label: Label::new(&[], "body"),
            member: None,
            numbers: [String::new(), ran],
            segments: Segment::of_body(body, scale),
        }
    }

    pub(super) fn of_member(member: &'a MemberRecord, scale: &Scale) -> Self {
        Self {
            label: Label::new(member.path(), member.name()),
            member: Some(member),
            numbers: [member.enter(), member.exit()].map(|span| took(span, scale.end, UNICODE).0),
            segments: Segment::of_member(member, scale),
        }
    }

    pub(super) fn draw(&self, sheet: &mut Sheet, scale: &Scale) {
        let (from, width) = sheet.plot();
        self.draw_label(sheet);
        for (segment, (left, right)) in self.segments.iter().zip(lay(&self.segments, scale, width * 10, LEAST)) {
            self.draw_segment(sheet, scale, segment, (from * 10 + left, from * 10 + right));
        }
        let y = sheet.baseline();
        for (end, number) in NUMBERS.into_iter().zip(&self.numbers).filter(|(_, number)| !number.is_empty()) {
            sheet.put(format_args!("<text class=\"n\" x=\"{end}\" y=\"{y}\">{number}</text>\n"));
        }
        sheet.down(ROW);
    }

    fn draw_label(&self, sheet: &mut Sheet) {
        let (y, most) = (sheet.baseline(), sheet.label);
        let shown = self.label.within(most, UNICODE);
        sheet.put(format_args!("<text x=\"{MARGIN}\" y=\"{y}\">"));
        if self.label.columns() > most {
            sheet.put(format_args!("<title>{}</title>", Xml(&self.label.in_full(UNICODE))));
        }
        sheet.put(format_args!("{}</text>\n", Xml(&shown)));
    }

    fn draw_segment(&self, sheet: &mut Sheet, scale: &Scale, segment: &Segment, (left, right): (usize, usize)) {
        let (class, height) = shape(segment.kind);
        let more = match segment.mark {
            Some(Mark::Failed | Mark::Panicked) => " bad",
            Some(Mark::Late | Mark::Dropped) => " cut",
            _ => "",
        };
        sheet.put(format_args!(
            "<rect class=\"{class}{more}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{height}\" rx=\"{}\"><title>{}</title></rect>\n",
            Tenths(left),
            sheet.y + (ROW - height) / 2,
            Tenths(right - left),
            height / 6,
            Xml(&self.tooltip(segment, scale))
        ));
        if let Some(mark) = segment.mark {
            draw_mark(sheet, mark, right + 90);
            if !sheet.marks.contains(&mark) {
                sheet.marks.push(mark);
            }
        }
    }

    fn tooltip(&self, segment: &Segment, scale: &Scale) -> String {
        let [from, to] = [segment.from, segment.to].map(|time| time.saturating_sub(scale.start));
        let took = to.saturating_sub(from);
        let mut text = format!("{}\n{}: {took:?}", self.label.in_full(UNICODE), segment.kind.word());
        if let Some(mark) = segment.mark {
            text += ", ";
            text += mark.word();
        }
        write!(text, "\nfrom {from:?} to {to:?}").expect("a string takes all that is written");
        if let (Some(member), Some(phase)) = (self.member, segment.kind.phase()) {
            if let (Phase::Exit, Some(told)) = (phase, member.told()) {
                text += "\ntold: ";
                text += outcome_words(told);
            }
            if let Some(words) = member.error(phase) {
                text.push('\n');
                text += &clean_lines(words, "\n");
            }
        }
        text
    }
}

/// Returns the class and the height of a bar.
pub(super) fn shape(kind: Kind) -> (&'static str, usize) {
    match kind {
        Kind::Enter => ("enter", 12),
        Kind::Up => ("up", 2),
        Kind::Exit => ("exit", 12),
        Kind::Body => ("body", 6),
    }
}

/// Draws a letter in a circle around this place, which is counted in tenths.
pub(super) fn draw_mark(sheet: &mut Sheet, mark: Mark, x: usize) {
    let (x, middle, letter) = (Tenths(x), sheet.y + ROW / 2, mark.letter());
    let class = match mark {
        Mark::Failed | Mark::Panicked | Mark::Late => "alarm",
        Mark::Dropped | Mark::Abandoned => "loss",
        Mark::InFlight => "wait",
    };
    sheet.put(format_args!(
        "<circle class=\"{class}\" cx=\"{x}\" cy=\"{middle}\" r=\"7\"/><text class=\"letter\" x=\"{x}\" y=\"{}.5\">{letter}</text>\n",
        middle + 3
    ));
}
