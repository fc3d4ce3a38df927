use super::xml::Xml;
use crate::timeline::segment::Mark;
use std::fmt::{self, Write};
use std::string::String;
use std::vec::Vec;

pub(super) const WIDTH: usize = 1000;
pub(super) const MARGIN: usize = 24;
pub(super) const ROW: usize = 22;
/// The width of a character of the labels, in tenths of a pixel, in the widest of the fonts.
pub(super) const CHARACTER: usize = 73;
/// The width of a column of numbers: that of `59 min 59 s`.
const NUMBER: usize = 84;
/// The right ends of the two columns of numbers.
pub(super) const NUMBERS: [usize; 2] = [WIDTH - MARGIN - NUMBER, WIDTH - MARGIN];

/// The number of characters that fit on a line after a bullet.
pub(super) const LINE: usize = (WIDTH - 2 * MARGIN) * 10 / CHARACTER - 4;

/// The document so far, from top to bottom.
pub(super) struct Sheet {
    drawn: String,
    /// The position of the next element.
    pub(super) y: usize,
    /// The most characters of a label.
    pub(super) label: usize,
    /// The marks that were drawn.
    pub(super) marks: Vec<Mark>,
}

impl Sheet {
    pub(super) fn new(label: usize) -> Self {
        Self { drawn: String::new(), y: MARGIN, label, marks: Vec::new() }
    }

    pub(super) fn put(&mut self, part: fmt::Arguments<'_>) {
        self.drawn.write_fmt(part).expect("a string takes all that is written");
    }

    /// Draws a line of text whose top is at `y`.
    pub(super) fn text(&mut self, x: usize, class: &str, text: &str) {
        let y = self.baseline();
        self.put(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>\n", Xml(text)));
    }

    pub(super) fn baseline(&self) -> usize {
        self.y + ROW / 2 + 4
    }

    pub(super) fn down(&mut self, by: usize) {
        self.y += by;
    }

    /// Returns the position and the width of the bars.
    pub(super) fn plot(&self) -> (usize, usize) {
        let from = MARGIN + (self.label * CHARACTER).div_ceil(10) + 16;
        (from, WIDTH - MARGIN - 2 * NUMBER - 24 - from)
    }

    pub(super) fn height(&self) -> usize {
        self.y + MARGIN
    }

    pub(super) fn into_drawn(self) -> String {
        self.drawn
    }
}
