//! Replaces the observers if both features are off.

#![expect(clippy::unused_self, reason = "who does watch has something to look at")]

use super::How;
use crate::error::{Failures, Phase};
use crate::outcome::Outcome;
use crate::unwind::CaughtPanic;

pub(crate) type Watched<F> = F;

/// Observes a scope.
#[derive(Clone, Debug, Default)]
pub struct Watch(());

impl Watch {
    pub(crate) fn open(_: super::Observer, _: impl Fn() -> alloc::string::String) -> Self {
        Self(())
    }

    pub(crate) fn place(&self) -> Option<Place> {
        None
    }

    pub(crate) fn body(&self) -> Body {
        Body
    }

    pub(crate) fn told(&self, _: &Outcome<'_>) {}

    pub(crate) fn close(&self, _: &Failures) {}
}

#[derive(Debug)]
pub(crate) struct Body;

impl Body {
    pub(crate) fn begin(&self) -> Wrap {
        Wrap
    }

    pub(crate) fn end(&self, _: How) {}

    pub(crate) fn panicked(&self, _: &CaughtPanic) {}
}

/// The place of a member.
#[derive(Clone, Debug, Default)]
pub struct Place(());

impl Place {
    pub(crate) fn is_watched(&self) -> bool {
        false
    }

    pub(crate) fn child(&self, _: usize) -> Self {
        Self(())
    }

    pub(crate) fn named(&self, _: &str) -> Self {
        Self(())
    }

    pub(crate) fn entering(&self) -> Self {
        Self(())
    }

    pub(crate) fn settle(&self, _: usize) {}

    pub(crate) fn late(&self) {}
}

#[derive(Debug, Default)]
pub(crate) struct Seat(());

impl Seat {
    pub(crate) fn at(_: &Place, _: &str) -> Self {
        Self(())
    }

    pub(crate) fn begin(&mut self, _: Phase, _: Told) -> Wrap {
        Wrap
    }

    pub(crate) fn note(&mut self, _: How) {}

    pub(crate) fn end(&mut self, _: Phase) {}

    pub(crate) fn explain(&mut self, _: Phase, _: &Failures) {}

    pub(crate) fn close(&mut self) {}

    pub(crate) fn abandon(&mut self) -> Wrap {
        Wrap
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Told;

impl Told {
    pub(crate) const NOTHING: Self = Self;

    pub(crate) fn of(_: &Outcome<'_>) -> Self {
        Self
    }
}

#[derive(Debug)]
pub(crate) struct Wrap;

impl Wrap {
    pub(crate) fn during<T>(&self, call: impl FnOnce() -> T) -> T {
        call()
    }

    pub(crate) fn around<F>(self, make: impl FnOnce() -> F) -> Watched<F> {
        make()
    }
}
