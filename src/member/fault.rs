//! The errors and panics of one place of a tree, before they become failures.

use super::Hold;
use crate::error::{BoxError, Failures, NameKind, Phase};
use crate::stamp::Stamp;
use crate::thin_vec::ThinVec;
use crate::unwind::{CaughtPanic, catch};
use alloc::boxed::Box;
use core::convert::Infallible;
use core::fmt;

/// An error or panic of a member.
pub(crate) enum Fault<E> {
    Error(Stamp, E),
    Panic(CaughtPanic),
    /// An error of this crate about the member.
    Own(Stamp, BoxError),
}

impl<E> Fault<E> {
    pub(crate) fn own(error: impl core::error::Error + Send + Sync + 'static) -> Self {
        Self::Own(Stamp::now(), Box::new(error))
    }
}

/// The function by which an adaptor maps errors, if there is one: those of the resource, which have its error type, and
/// as `Err` those of this crate about the resource. Without it, errors are converted by their `Into<BoxError>`.
pub(crate) type MapError<'m, E> = Option<&'m mut (dyn FnMut(Result<E, BoxError>) -> BoxError + 'm)>;

/// Boxes an error that no adaptor maps.
pub(crate) fn unmapped<E: Into<BoxError>>(error: Result<E, BoxError>) -> BoxError {
    error.map_or_else(|own| own, Into::into)
}

impl<E: Into<BoxError>> Fault<E> {
    /// Adds it to the failures. A panic of its conversion is added instead.
    pub(crate) fn tell(self, name: NameKind<'_>, phase: Phase, map: &mut MapError<'_, E>, to: &mut Failures) {
        let (stamp, error) = match self {
            Self::Error(stamp, error) => (stamp, Ok(error)),
            Self::Own(stamp, error) => (stamp, Err(error)),
            Self::Panic(panic) => return to.add_panic(name, phase, panic),
        };
        let boxed = catch(|| match map {
            Some(map) => map(error),
            None => unmapped(error),
        });
        match boxed {
            Ok(error) => to.add(name, phase, stamp, error),
            Err(panic) => to.add_panic(name, phase, CaughtPanic { stamp, ..panic }),
        }
    }
}

/// Returns the failures of a hold, for an adaptor whose error type is boxed: all errors of the hold are its own.
pub(crate) fn boxed<H: Hold>(hold: &mut H, phase: Phase, map: MapError<'_, BoxError>) -> Failures {
    match map {
        None => hold.failures(phase, None),
        Some(map) => hold.failures(phase, Some(&mut |error| map(Ok(unmapped(error))))),
    }
}

/// The borrower of the guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Borrower {
    /// The body, or the caller that exits a resource by hand.
    Body,
    /// The function of `then`.
    Function,
    /// The check of `ready_when`.
    Check,
}

/// A mismatch between members and guards that the borrower left.
#[derive(Debug)]
pub(crate) enum GuardMismatch {
    Taken(Borrower),
    Added(Borrower),
}

impl fmt::Display for GuardMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Taken(borrower) | Self::Added(borrower)) = self;
        f.write_str(match borrower {
            Borrower::Body => "the body ",
            Borrower::Function => "the function of `then` ",
            Borrower::Check => "the check of `ready_when` ",
        })?;
        f.write_str(match self {
            Self::Taken(_) => "took its guard away, so there was nothing to exit it with",
            Self::Added(_) => "left a guard that belongs to no member; it was dropped",
        })
    }
}

impl core::error::Error for GuardMismatch {}

/// The errors and panics of a place that is no resource: a group, an adaptor.
#[derive(Default)]
pub(crate) struct OwnFaults(ThinVec<Fault<Infallible>>);

impl OwnFaults {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn panic(&mut self, panic: CaughtPanic) {
        self.0.push(Fault::Panic(panic));
    }

    /// Records an error of this crate about this place.
    pub(crate) fn own(&mut self, error: impl core::error::Error + Send + Sync + 'static) {
        self.0.push(Fault::own(error));
    }

    /// Runs a call into the user's code, and records its panic.
    pub(crate) fn caught(&mut self, call: impl FnOnce()) {
        if let Err(panic) = catch(call) {
            self.panic(panic);
        }
    }

    /// Records a guard that belongs to no member, and drops it.
    pub(crate) fn stray<G>(&mut self, guard: G, by: Borrower) {
        self.0.push(Fault::own(GuardMismatch::Added(by)));
        self.caught(|| drop(guard));
    }

    pub(crate) fn tell(&mut self, name: &str, phase: Phase, to: &mut Failures) {
        for fault in self.0.take() {
            fault.tell(NameKind::OfType(name), phase, &mut None, to);
        }
    }
}

impl Failures {
    /// Returns one failure for all of them if an adaptor maps the group's error. The earliest panic is kept with it.
    pub(crate) fn mapped(self, name: &str, phase: Phase, mut map: MapError<'_, Failures>) -> Self {
        let Some(first) = self.first().filter(|_| map.is_some()).map(|first| first.stamp) else {
            return self;
        };
        let (mut one, panic) = (Self::default(), self.earliest_panic());
        Fault::Error(first, self).tell(NameKind::OfType(name), phase, &mut map, &mut one);
        if let Some(panic) = panic {
            one.keep_panic(panic);
        }
        one
    }
}
