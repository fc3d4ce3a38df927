use super::ScopeRecord;
use super::sentences::count_failures;
use super::words::{Charset, clean, units};
use crate::outcome::OutcomeKind;
use std::borrow::ToOwned;
use std::format;
use std::string::String;
use std::time::Duration;
use std::vec;

/// Returns a scope's name, or a word for one that has none.
pub(super) fn title(scope: &ScopeRecord) -> String {
    if scope.name.is_empty() { "scope".to_owned() } else { clean(&scope.name) }
}

/// Returns the outcome of a scope, its duration, its start relative to the first one, and the number of failures.
pub(super) fn summary(scope: &ScopeRecord, first: Duration, now: Duration, script: Charset) -> String {
    let took = units(scope.closed().unwrap_or(now).saturating_sub(scope.opened), script);
    let mut parts = match scope.outcome() {
        None => vec![format!("open, {took} so far")],
        Some(outcome) => vec![format!("{}, {took} in all", outcome_words(outcome))],
    };
    if scope.opened > first {
        parts.push(format!("opened at {}", units(scope.opened.saturating_sub(first), script)));
    }
    match count_failures(scope) {
        0 => {}
        1 => parts.push("1 failure".to_owned()),
        many => parts.push(format!("{many} failures")),
    }
    parts.join(", ")
}

pub(super) fn outcome_words(outcome: OutcomeKind) -> &'static str {
    match outcome {
        OutcomeKind::Completed => "completed",
        OutcomeKind::Failed => "the body failed",
        OutcomeKind::EnterFailed => "not all entered",
        OutcomeKind::MemberFailed => "a member failed",
        OutcomeKind::Panicked => "panicked",
        OutcomeKind::Cancelled => "cancelled",
        OutcomeKind::Released => "released",
    }
}
