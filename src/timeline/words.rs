//! The texts of times, names and ends.

use super::characters::{begin_isolates, end_isolates, is_hidden, is_mark, isolated, width};
use std::borrow::ToOwned;
use std::format;
use std::string::String;
use std::time::Duration;
use std::vec::Vec;

/// The spellings that differ between pictures in ASCII and in Unicode.
#[derive(Clone, Copy)]
pub(super) struct Charset {
    pub(super) micro: &'static str,
    pub(super) left_out: &'static str,
    /// Whether names that are written from right to left are isolated.
    isolates: bool,
}

pub(super) const ASCII: Charset = Charset { micro: "us", left_out: "..", isolates: false };
pub(super) const UNICODE: Charset = Charset { micro: "\u{b5}s", left_out: "\u{2026}", isolates: true };

impl Charset {
    /// Returns a name in a form that does not reorder its neighbours.
    pub(super) fn name(self, name: &str) -> String {
        let name = name.to_owned();
        if self.isolates { isolated(name) } else { name }
    }
}

/// Returns a time in a suitable unit, with three digits at most. From a minute on it has two units.
pub(super) fn units(time: Duration, script: Charset) -> String {
    let nanos = time.as_nanos();
    if nanos == 0 {
        return "0 s".to_owned();
    }
    let units = [(1, 1000, "ns"), (1_000, 1000, script.micro), (1_000_000, 1000, "ms"), (1_000_000_000, 60, "s")];
    for (unit, limit, name) in units {
        for decimals in [2, 1, 0] {
            let one = 10_u128.pow(decimals);
            // Rounded first: 999.9 ms is 1 s.
            let rounded = (nanos * one + unit / 2) / unit;
            if rounded < 1000.min(limit * one) {
                let number = with_decimals(rounded / one, rounded % one, decimals as usize);
                return format!("{number} {name}");
            }
        }
    }
    let seconds = (nanos + 500_000_000) / 1_000_000_000;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match (hours / 24, hours, minutes) {
        (0, 0, _) => two_units(minutes, "min", seconds % 60, "s"),
        (0, _, _) => two_units(hours, "h", minutes % 60, "min"),
        (days, _, _) => two_units(days, "d", hours % 24, "h"),
    }
}

fn with_decimals(whole: u128, fraction: u128, decimals: usize) -> String {
    let number = format!("{whole}.{fraction:0decimals$}");
    number.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn two_units(large: u128, large_name: &str, small: u128, small_name: &str) -> String {
    if small == 0 { format!("{large} {large_name}") } else { format!("{large} {large_name} {small} {small_name}") }
}

/// The most marks that are kept on one character. No script needs more, and Unicode's UTS 39 treats more as suspicious.
const MARKS: usize = 4;

/// Returns a text in one line in which no character is hidden, or moves or covers its neighbours. Text that is written
/// from right to left is not changed: see [`isolated`](super::characters::isolated).
pub(super) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    // After an escaped character, and at the beginning, a mark would combine with a character that is not its own.
    let mut free = 0;
    for character in text.chars() {
        let is_mark = is_mark(character);
        if character.is_control() || is_hidden(character) || is_mark && free == 0 {
            clean.extend(character.escape_default());
            free = 0;
        } else {
            clean.push(character);
            free = if is_mark { free - 1 } else { MARKS };
        }
    }
    clean
}

pub(super) fn clean_lines(text: &str, between: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join(between)
}

/// Removes the middle of a text that is longer than `most` columns, because names differ at both ends.
pub(super) fn short(text: &str, most: usize, script: Charset) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let left = most.saturating_sub(columns(script.left_out));
    let mut head: String = text.chars().take(fitting(text.chars(), left / 2)).collect();
    let tail = fitting(text.chars().rev(), left - columns(&head));
    let tail = text.chars().skip(text.chars().count() - tail);
    // A mark without its character would combine with the ellipsis.
    let mut tail: String = tail.skip_while(|character| width(*character) == 0).collect();
    end_isolates(&mut head);
    begin_isolates(&mut tail);
    format!("{head}{}{tail}", script.left_out)
}

/// Returns the number of characters that fit into `most` columns.
fn fitting(characters: impl Iterator<Item = char>, most: usize) -> usize {
    let ends = characters.scan(0, |end, character| {
        *end += width(character);
        Some(*end)
    });
    ends.take_while(|end| *end <= most).count()
}

/// Returns the number of columns of a text in a terminal.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}
