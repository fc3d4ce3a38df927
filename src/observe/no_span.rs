//! Replaces the spans if the feature `tracing` is off: there is none.

use crate::outcome::OutcomeKind;

pub(crate) type SpanGuard<'a> = &'a core::convert::Infallible;

#[derive(Debug)]
pub(crate) enum Span {}

impl Span {
    pub(crate) const EXISTS: bool = false;

    pub(super) fn can_be_enabled() -> bool {
        false
    }

    pub(super) fn of_scope<'n>(_: impl FnOnce() -> &'n str) -> Option<Self> {
        None
    }

    pub(super) fn of_member(&self, _: &str, _: &[usize], _: Option<OutcomeKind>) -> Option<Self> {
        match *self {}
    }

    pub(super) fn of_body(&self) -> Option<Self> {
        match *self {}
    }

    pub(super) fn abandoned(&self, _: &str, _: &[usize]) {
        match *self {}
    }

    pub(super) fn failed(&self, _: &str, _: &[usize], _: &str) {
        match *self {}
    }

    pub(super) fn record(&self, _: Option<OutcomeKind>, _: &str) {
        match *self {}
    }

    pub(crate) fn enter(&self) -> SpanGuard<'_> {
        match *self {}
    }
}
