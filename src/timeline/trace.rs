//! The Trace Event Format: a JSON document that Perfetto and `chrome://tracing` open.

use super::scale::Scale;
use super::segment::{Mark, Segment};
use super::summary::outcome_words;
use super::{MemberRecord, ScopeRecord};
use crate::error::Phase;
use std::fmt::{self, Write};
use std::format;
use std::string::String;
use std::time::Duration;
use std::vec::Vec;

pub(super) fn trace(scopes: &[ScopeRecord], now: Duration) -> String {
    let mut trace = Trace { text: String::new(), process: 0, id: 0 };
    for scope in scopes {
        trace.scope(scope, &Scale::of(scope, now));
    }
    format!("{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[{}\n]}}\n", trace.text)
}

/// The events so far. A scope is a process. Its rows are threads, and have one id each: siblings overlap, so they
/// cannot share one.
struct Trace {
    text: String,
    process: usize,
    id: usize,
}

type Arg<'a> = (&'a str, String);

impl Trace {
    fn scope(&mut self, scope: &ScopeRecord, scale: &Scale) {
        self.process += 1;
        self.name_of("process_name", &scope.name);
        self.row("scope", |trace| {
            let outcome = scope.outcome().map(|outcome| ("outcome", outcome_words(outcome).into()));
            trace.slice(&scope.name, (scale.start, scale.end), outcome.as_slice(), |_| {});
        });
        if let Some(body) = scope.body {
            self.row("body", |trace| trace.segments(&Segment::of_body(body, scale), None));
        }
        for member in &scope.members {
            let label = if member.path.is_empty() { String::new() } else { format!("{:?} ", member.path) };
            let label = label + &member.name;
            self.row(&label, |trace| trace.member(member, &label, &Segment::of_member(member, scale), scale));
        }
    }

    /// Writes the slice of a member, and within it those of its segments.
    fn member(&mut self, member: &MemberRecord, label: &str, segments: &[Segment], scale: &Scale) {
        let from = segments.first().map_or(scale.over, |first| first.from);
        let to = segments.iter().map(|segment| segment.to).max().unwrap_or(from);
        // The error of a phase that never began.
        let phases = [(Phase::Enter, member.enter()), (Phase::Exit, member.exit())].into_iter();
        let errors = phases.filter(|(_, span)| span.is_none()).filter_map(|(phase, _)| member.error(phase));
        let args: Vec<Arg<'_>> = errors.map(|error| ("error", error.into())).collect();
        self.slice(label, (from, to), &args, |trace| trace.segments(segments, Some(member)));
    }

    fn segments(&mut self, segments: &[Segment], member: Option<&MemberRecord>) {
        for segment in segments {
            let mut args: Vec<Arg<'_>> = Vec::new();
            args.extend(segment.mark.map(Mark::word).map(|word| ("end", word.into())));
            if let (Some(member), Some(phase)) = (member, segment.kind.phase()) {
                let told = member.told.filter(|_| phase == Phase::Exit).map(outcome_words);
                args.extend(told.map(|words| ("outcome", words.into())));
                let error = member.error(phase);
                args.extend(error.map(|words| ("error", words.into())));
            }
            self.slice(segment.kind.word(), (segment.from, segment.to), &args, |_| {});
        }
    }

    /// Begins a row with an id of its own.
    fn row(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.id += 1;
        self.name_of("thread_name", name);
        write(self);
    }

    /// Writes a pair of events, and what is between them.
    fn slice(
        &mut self,
        name: &str,
        (from, to): (Duration, Duration),
        args: &[Arg<'_>],
        within: impl FnOnce(&mut Self),
    ) {
        self.event("b", name, Some(from), args);
        within(self);
        self.event("e", name, Some(to), &[]);
    }

    fn name_of(&mut self, what: &str, name: &str) {
        self.event("M", what, None, &[("name", name.into())]);
    }

    /// Writes one event. The time is in microseconds; a description has none, and no id.
    fn event(&mut self, kind: &str, name: &str, at: Option<Duration>, args: &[Arg<'_>]) {
        let (process, id) = (self.process, self.id);
        let comma = if self.text.is_empty() { "" } else { "," };
        self.put(format_args!(
            "{comma}\n{{\"ph\":\"{kind}\",\"pid\":{process},\"tid\":{id},\"name\":\"{}\"",
            Json(name)
        ));
        if let Some(at) = at {
            let (micros, nanos) = (at.as_micros(), at.subsec_nanos() % 1000);
            self.put(format_args!(",\"cat\":\"withal\",\"id\":{id},\"ts\":{micros}.{nanos:03}"));
        }
        for (index, (name, value)) in args.iter().enumerate() {
            let begin = if index == 0 { "\"args\":{" } else { "" };
            self.put(format_args!(",{begin}\"{name}\":\"{}\"", Json(value)));
        }
        self.text.push_str(if args.is_empty() { "}" } else { "}}" });
    }

    fn put(&mut self, part: fmt::Arguments<'_>) {
        self.text.write_fmt(part).expect("a string takes all that is written");
    }
}

/// Writes a text escaped for a string of JSON.
struct Json<'a>(&'a str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '"' | '\\' => write!(f, "\\{character}"),
            '\0'..='\u{1f}' => write!(f, "\\u{:04x}", u32::from(character)),
            _ => f.write_char(character),
        })
    }
}
