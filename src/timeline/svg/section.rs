use super::row::Row;
use super::sheet::{LINE, MARGIN, NUMBERS, ROW, Sheet, WIDTH};
use super::xml::{Tenths, Xml};
use crate::timeline::scale::Scale;
use crate::timeline::sentences::{LISTED, sentences};
use crate::timeline::summary::{summary, title};
use crate::timeline::words::{UNICODE, short, units};
use crate::timeline::{ScopeRecord, Span};
use std::format;
use std::time::Duration;
use std::vec::Vec;

/// The least distance between two ticks, in pixels.
const TICK: usize = 84;
/// From this number of rows on, the axis is drawn below them, too.
const FAR: usize = 25;

/// Draws one scope: a heading, the axis, the rows, and the sentences.
pub(super) fn draw(sheet: &mut Sheet, scope: &ScopeRecord, first: Duration, now: Duration) {
    heading(sheet, scope, &summary(scope, first, now, UNICODE));
    let scale = Scale::of(scope, now);
    let rows = scope.members().len() + usize::from(scope.body().is_some());
    if rows > 0 {
        axis(sheet, &scale, rows);
        if let Some(body) = scope.body() {
            shade(sheet, &scale, body, rows);
            Row::of_body(body, &scale).draw(sheet, &scale);
        }
        for member in scope.members() {
            Row::of_member(member, &scale).draw(sheet, &scale);
        }
        if rows > FAR {
            ticks(sheet, &scale);
            sheet.down(ROW);
        }
    }
    sheet.down(6);
    for told in sentences(scope, now, LISTED, UNICODE) {
        sentence(sheet, &told);
    }
    sheet.down(ROW);
}

fn heading(sheet: &mut Sheet, scope: &ScopeRecord, summary: &str) {
    let (title, y) = (title(scope), sheet.baseline());
    sheet.put(format_args!(
        "<text class=\"h\" x=\"{MARGIN}\" y=\"{y}\"><title>{}</title>{}<tspan class=\"s\" dx=\"10\">{}</tspan></text>\n",
        Xml(&title),
        Xml(&UNICODE.name(&short(&title, 50, UNICODE))),
        Xml(summary)
    ));
    sheet.down(ROW + 6);
}

/// Draws round times, and a line down from each of them through all rows.
fn axis(sheet: &mut Sheet, scale: &Scale, rows: usize) {
    let y = sheet.baseline();
    for (end, name) in NUMBERS.into_iter().zip(["enter", "exit"]) {
        sheet.put(format_args!("<text class=\"c\" x=\"{end}\" y=\"{y}\">{name}</text>\n"));
    }
    let (top, bottom) = (sheet.y + ROW - 3, sheet.y + ROW + rows * ROW);
    let places = ticks(sheet, scale).into_iter();
    let lines: Vec<_> = places.map(|x| format!("M{} {top}V{bottom}", Tenths(x))).collect();
    sheet.down(ROW);
    for odd in (1..rows).step_by(2) {
        let (y, width) = (sheet.y + odd * ROW, WIDTH - 2 * MARGIN + 12);
        sheet.put(format_args!(
            "<rect class=\"z\" x=\"{}\" y=\"{y}\" width=\"{width}\" height=\"{ROW}\"/>\n",
            MARGIN - 6
        ));
    }
    sheet.put(format_args!("<path class=\"g\" d=\"{}\"/>\n", lines.concat()));
}

/// Writes round times, and returns their positions.
fn ticks(sheet: &mut Sheet, scale: &Scale) -> Vec<usize> {
    let ((from, width), y) = (sheet.plot(), sheet.baseline());
    let times: Vec<_> = scale.ticks(width / TICK).collect();
    let place = |time: &Duration| from * 10 + scale.at_offset(*time, width * 10);
    for time in &times {
        let (x, words) = (Tenths(place(time)), units(*time, UNICODE));
        sheet.put(format_args!("<text class=\"t\" x=\"{x}\" y=\"{y}\">{words}</text>\n"));
    }
    times.iter().map(place).collect()
}

/// Shades the time of the body, behind all rows.
fn shade(sheet: &mut Sheet, scale: &Scale, body: Span, rows: usize) {
    let ((from, width), y) = (sheet.plot(), sheet.y);
    let left = scale.at(body.start(), width * 10);
    let right = scale.at(body.end().unwrap_or(scale.end), width * 10);
    sheet.put(format_args!(
        "<rect class=\"while\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{}\"/>\n",
        Tenths(from * 10 + left),
        Tenths(right.saturating_sub(left)),
        rows * ROW
    ));
}

fn sentence(sheet: &mut Sheet, sentence: &str) {
    let y = sheet.baseline();
    let line = match sentence.split_once('\n') {
        Some((first, _)) => format!("{} {}", short(first, LINE - 2, UNICODE), UNICODE.left_out),
        None => short(sentence, LINE, UNICODE),
    };
    sheet.put(format_args!("<text x=\"{MARGIN}\" y=\"{y}\">"));
    if line != sentence {
        sheet.put(format_args!("<title>{}</title>", Xml(sentence)));
    }
    sheet.put(format_args!("\u{2022} {}</text>\n", Xml(&line)));
    sheet.down(ROW - 3);
}
