//! Compares runs of a scene with undisturbed ones. If they differ, an earlier run has left something behind.

use super::event::{Event, by_member};
use super::scene::{Fired, Run};
use crate::outcome::OutcomeKind;
use std::collections::{BTreeMap, BTreeSet};
use std::format;
use std::string::String;
use std::vec::Vec;

/// The undisturbed runs.
#[derive(Debug)]
pub(super) struct Reference {
    first: Run,
    /// The polls of the last of them.
    polls: usize,
    /// Whether two of them had the same events in the same number of polls, without wakes from outside: every other run
    /// has to do the same then.
    steady: bool,
}

impl Reference {
    pub(super) fn new(first: Run) -> Self {
        Self { polls: first.polls, first, steady: false }
    }

    /// Adds a second undisturbed run.
    pub(super) fn confirm(&mut self, second: &Run) {
        let first = &self.first;
        self.polls = second.polls;
        self.steady = first.steady
            && second.steady
            && first.polls == second.polls
            && by_member(&first.events) == by_member(&second.events);
    }

    pub(super) fn polls(&self) -> usize {
        self.polls
    }

    /// Compares a run with the undisturbed ones, up to the point at which it was disturbed.
    ///
    /// # Errors
    ///
    /// The difference, and the member. If a scene depends on time or other threads, only failures are reported.
    pub(super) fn compare(&self, run: &Run) -> Result<(), String> {
        let behind = "an earlier run has left something behind";
        let (expected, own) = (by_member(&self.first.events), by_member(&run.events));
        let of = |members: &BTreeMap<usize, Vec<Event>>, id| members.get(&id).cloned().unwrap_or_default();
        for (&id, own) in &own {
            if let Some(what) = failed_anew(&of(&expected, id), own) {
                return Err(format!(
                    "member {id} {what}, and undisturbed it does not: {behind}; what happened to it: {own:?}"
                ));
            }
        }
        // The scene may react to a signal by a panic. A forced signal fires in undisturbed runs, too.
        let is_whole = run.ended && run.fired != Fired::Counted;
        if let (true, Some(message), None) = (is_whole, &run.panicked, &self.first.panicked) {
            return Err(format!("the scene panicked, and undisturbed it does not: {behind}: {message}"));
        }
        if !self.steady || !run.steady {
            return Ok(());
        }
        let ids: BTreeSet<_> = expected.keys().chain(own.keys()).copied().collect();
        for id in ids {
            let (expected, own) = (of(&expected, id), of(&own, id));
            if if is_whole { own != expected } else { !expected.starts_with(&own) } {
                return Err(format!(
                    "member {id} went another way than undisturbed: {behind}; what happened to it: {own:?}, and \
                     undisturbed: {expected:?}"
                ));
            }
        }
        if is_whole && run.polls != self.polls || !run.ended && run.polls >= self.polls {
            let ended = if run.ended { "came" } else { "has not come" };
            let first =
                self.first_out_of_time(run).map_or_else(String::new, |id| format!(", first seen at member {id}"));
            return Err(format!(
                "the scene {ended} to its end after {} polls, and undisturbed after {}{first}: {behind}; \
                 what happened: {:?}",
                run.polls, self.polls, run.events
            ));
        }
        Ok(())
    }

    /// Finds the member of the first event that came in another poll than undisturbed.
    fn first_out_of_time(&self, run: &Run) -> Option<usize> {
        let mut marks = self.first.marks.iter().zip(&run.marks);
        let (expected, own) = marks.find(|(expected, own)| expected != own)?;
        let more = if own > expected { run } else { &self.first };
        more.events.get(*own.min(expected)..)?.iter().find_map(Event::member)
    }
}

/// Returns how a member failed, unless it fails undisturbed, too.
fn failed_anew(expected: &[Event], own: &[Event]) -> Option<&'static str> {
    let enters = |events: &[Event]| events.iter().filter(|event| how_enter_failed(event).is_some()).count();
    if enters(own) > enters(expected) {
        return own.iter().rev().find_map(how_enter_failed);
    }
    // An exit may fail because of its outcome, so it is compared with exits that received the same.
    let (expected, own) = (exits(expected), exits(own));
    own.iter().find_map(|&(told, failed)| {
        let count = |exits: &[(OutcomeKind, Option<&str>)]| {
            exits.iter().filter(|(other, failed)| *other == told && failed.is_some()).count()
        };
        let is_known = expected.iter().any(|(other, _)| *other == told);
        failed.filter(|_| is_known && count(&own) > count(&expected))
    })
}

fn how_enter_failed(event: &Event) -> Option<&'static str> {
    match event {
        Event::EnterFailed(_) => Some("failed to enter"),
        Event::EnterPanicked(_) => Some("panicked in its enter"),
        _ => None,
    }
}

/// Returns the outcome of each exit, and how the exit failed if it did.
fn exits(events: &[Event]) -> Vec<(OutcomeKind, Option<&'static str>)> {
    let mut exits = Vec::new();
    for event in events {
        let failed = match *event {
            Event::ExitStarted(_, told) => {
                exits.push((told, None));
                continue;
            }
            Event::ExitFailed(_) => "failed to exit",
            Event::ExitPanicked(_) => "panicked in its exit",
            _ => continue,
        };
        if let Some((_, how)) = exits.last_mut() {
            *how = Some(failed);
        }
    }
    exits
}
