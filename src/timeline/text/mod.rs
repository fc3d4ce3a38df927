//! The chart as text: in ASCII and without colours, for every terminal, log and test.

mod line;

use super::ScopeRecord;
use super::scale::Scale;
use super::sentences::{LISTED, sentences};
use super::summary::{summary, title};
use super::words::{ASCII, columns, short, units};
use line::{Legend, Line};
use std::borrow::ToOwned;
use std::format;
use std::string::String;
use std::time::Duration;
use std::vec::Vec;

/// The least distance between two ticks, with room for `1 min 30 s`.
const TICK: usize = 12;
/// The least width of the bars.
const BAR: usize = 8;

/// The available width.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub(super) columns: usize,
    /// Whether names and lists are shown in full, whatever their length.
    pub(super) in_full: bool,
}

pub(super) fn chart(scopes: &[ScopeRecord], now: Duration, room: Room) -> String {
    let Some(first) = scopes.iter().map(ScopeRecord::opened).min() else {
        return "no scope was recorded".to_owned();
    };
    let mut legend = Legend::default();
    let mut text = String::new();
    for scope in scopes {
        push_heading(&mut text, &title(scope), &summary(scope, first, now, ASCII), room);
        push_rows(&mut text, scope, now, room, &mut legend);
        push_sentences(&mut text, scope, now, room);
        text.push('\n');
    }
    push_parts(&mut text, "", legend.parts(), "   ", room.columns);
    text.truncate(text.trim_end().len());
    text
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

/// Writes the heading. The name is shortened to the space beside the summary, but not below a third of the line.
fn push_heading(text: &mut String, title: &str, summary: &str, room: Room) {
    if room.in_full {
        return push_line(text, &format!("{title}: {summary}"));
    }
    let left = room.columns.saturating_sub(columns(summary) + ": ".len());
    let title = short(title, left.max(room.columns / 3), ASCII);
    push_parts(text, &format!("{title}: "), summary.split_inclusive(", "), "", room.columns);
}

/// Writes parts on one line, wrapped to further, indented lines if it is too short.
fn push_parts(text: &mut String, head: &str, parts: impl Iterator<Item = impl AsRef<str>>, between: &str, most: usize) {
    let (mut line, mut is_first) = (head.to_owned(), true);
    for part in parts {
        let part = part.as_ref();
        let gap = if is_first { "" } else { between };
        if !is_first && columns(&line) + columns(gap) + columns(part.trim_end()) > most {
            push_line(text, &line);
            line = format!("    {part}");
        } else {
            line += gap;
            line += part;
        }
        is_first = false;
    }
    push_line(text, &line);
}

fn push_rows(text: &mut String, scope: &ScopeRecord, now: Duration, room: Room, legend: &mut Legend) {
    let scale = Scale::of(scope, now);
    let body = scope.body.map(|body| Line::of_body(body, &scale));
    let lines: Vec<_> = scope.members.iter().map(|member| Line::of_member(member, &scale)).collect();
    let widest = |part: fn(&Line) -> usize| lines.iter().chain(&body).map(part).max();
    let Some(label) = widest(|line| line.label.columns()) else {
        return;
    };
    let exit = widest(|line| line.exit.len()).unwrap_or(0).max("exit  ".len());
    let ran = body.as_ref().map_or(0, |body| body.ran.len()).saturating_sub(exit + 2);
    let enter = widest(|line| line.enter.len()).unwrap_or(0).max("enter  ".len()).max(ran);
    let numbers = enter + 2 + exit;
    let left = room.columns.saturating_sub(numbers + 4);
    let most = label.min(room.columns * 3 / 10).min(left.saturating_sub(BAR));
    let label = if room.in_full { label } else { most };
    let bar = left.saturating_sub(most).max(BAR);

    let (ticks, ruler) = axis(&scale, bar);
    push_line(text, &format!("{:label$}  {:numbers$}  {ticks}", "", ""));
    push_line(text, &format!("{:label$}  {:>enter$}  {:>exit$}  {ruler}", "", "enter  ", "exit  "));
    for line in body.iter().chain(&lines) {
        let name = line.label.within(label, ASCII);
        let gap = label.saturating_sub(columns(&name));
        let told = match line.ran.as_str() {
            "" => format!("{:>enter$}  {:>exit$}", line.enter, line.exit),
            ran => format!("{ran:>numbers$}"),
        };
        push_line(text, &format!("{name}{:gap$}  {told}  {}", "", line.draw(&scale, bar, legend)));
    }
}

/// Returns round times, and the ruler below them.
fn axis(scale: &Scale, bar: usize) -> (String, String) {
    let (mut ticks, mut ruler) = (String::new(), "-".repeat(bar));
    for tick in scale.ticks(bar / TICK) {
        let at = scale.at_offset(tick, bar).min(bar - 1);
        let words = units(tick, ASCII);
        if at + words.len() <= bar {
            ticks += &" ".repeat(at.saturating_sub(ticks.len()));
            ticks += &words;
        }
        ruler.replace_range(at..=at, "|");
    }
    (ticks, ruler)
}

/// Writes the failures and the calls in flight.
fn push_sentences(text: &mut String, scope: &ScopeRecord, now: Duration, room: Room) {
    let listed = if room.in_full { usize::MAX } else { LISTED };
    for sentence in sentences(scope, now, listed, ASCII) {
        push_line(text, &format!("- {sentence}"));
    }
}
