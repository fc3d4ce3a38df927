//! What went wrong at one place of a tree, until it is put into words.

use super::Hold;
use crate::error::{BoxError, Failures, Name, Phase};
use crate::rare::Rare;
use crate::stamp::Stamp;
use crate::unwind::{Panic, catch};
use alloc::boxed::Box;
use core::convert::Infallible;
use core::fmt;

/// What went wrong with a member.
pub(crate) enum Fault<E> {
    Error(Stamp, E),
    Panic(Panic),
    /// An error of this crate's.
    Own(Stamp, BoxError),
}

impl<E> Fault<E> {
    pub(crate) fn own(error: impl core::error::Error + Send + Sync + 'static) -> Self {
        Self::Own(Stamp::now(), Box::new(error))
    }
}

impl<E: Into<BoxError>> Fault<E> {
    /// Takes it down as a failure, and what goes wrong while it is converted.
    pub(crate) fn tell(self, name: Name<'_>, phase: Phase, convert: &mut Convert<'_, E>, to: &mut Failures) {
        let (stamp, thrown) = match self {
            Self::Error(stamp, error) => (stamp, Thrown::Error(error)),
            Self::Own(stamp, error) => (stamp, Thrown::Own(error)),
            Self::Panic(panic) => return to.add_panic(name, phase, panic),
        };
        match catch(|| convert.boxed(thrown)) {
            Ok(error) => to.add(name, phase, stamp, error),
            Err(panic) => to.add_panic(name, phase, Panic { stamp, ..panic }),
        }
    }
}

/// How the errors of a resource are boxed on their way into the failures: as they are, or mapped by an adaptor.
#[expect(missing_debug_implementations, reason = "it is hidden")]
pub enum Convert<'a, E> {
    /// By the error's own conversion.
    Into,
    /// By an adaptor's function.
    By(&'a mut (dyn FnMut(Thrown<E>) -> BoxError + 'a)),
}

impl<E: Into<BoxError>> Convert<'_, E> {
    pub(crate) fn boxed(&mut self, thrown: Thrown<E>) -> BoxError {
        match self {
            Self::Into => thrown.into_boxed(),
            Self::By(map) => map(thrown),
        }
    }
}

/// An error on its way: a resource's own, or one of this crate's about it.
#[derive(Debug)]
pub enum Thrown<E> {
    /// The resource's.
    Error(E),
    /// This crate's.
    Own(BoxError),
}

impl<E: Into<BoxError>> Thrown<E> {
    pub(crate) fn into_boxed(self) -> BoxError {
        match self {
            Self::Error(error) => error.into(),
            Self::Own(error) => error,
        }
    }
}

/// Returns what went wrong in a hold for an adaptor around it whose errors are boxed: they are all its own.
pub(crate) fn boxed<H: Hold>(hold: &mut H, phase: Phase, convert: Convert<'_, BoxError>) -> Failures {
    match convert {
        Convert::Into => hold.failures(phase, Convert::Into),
        Convert::By(map) => hold.failures(phase, Convert::By(&mut |thrown| map(Thrown::Error(thrown.into_boxed())))),
    }
}

/// Who had the guards on loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Borrower {
    /// The body, or whoever exits a resource by hand.
    Body,
    /// The function of `then`.
    Function,
}

/// What a borrower may do to the guards lent to it that leaves members and guards uneven.
#[derive(Debug)]
pub(crate) enum Uneven {
    Taken(Borrower),
    Added(Borrower),
}

impl fmt::Display for Uneven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Taken(borrower) | Self::Added(borrower)) = self;
        f.write_str(match borrower {
            Borrower::Body => "the body ",
            Borrower::Function => "the function of `then` ",
        })?;
        f.write_str(match self {
            Self::Taken(_) => "took its guard away, so there was nothing to exit it with",
            Self::Added(_) => "left a guard that belongs to no member; it was dropped",
        })
    }
}

impl core::error::Error for Uneven {}

/// What went wrong at a place that is no resource: a group, an adaptor.
#[derive(Default)]
pub(crate) struct Notes(Rare<Fault<Infallible>>);

impl Notes {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn panic(&mut self, panic: Panic) {
        self.0.push(Fault::Panic(panic));
    }

    /// Runs a call into the user's code, and keeps its panic.
    pub(crate) fn caught(&mut self, call: impl FnOnce()) {
        if let Err(panic) = catch(call) {
            self.panic(panic);
        }
    }

    /// Drops a guard that belongs to no member.
    pub(crate) fn stray<G>(&mut self, guard: G, by: Borrower) {
        self.0.push(Fault::own(Uneven::Added(by)));
        self.caught(|| drop(guard));
    }

    pub(crate) fn tell(&mut self, name: &str, phase: Phase, to: &mut Failures) {
        for fault in self.0.take() {
            fault.tell(Name::OfType(name), phase, &mut Convert::Into, to);
        }
    }
}

impl Failures {
    /// Returns one failure for all, where an adaptor maps a group's error. A panic among them stays one.
    pub(crate) fn converted(self, name: &str, phase: Phase, mut convert: Convert<'_, Failures>) -> Self {
        let first = self.first().map(|first| first.stamp);
        let (Convert::By(_), Some(first)) = (&convert, first) else {
            return self;
        };
        let (mut one, panic) = (Self::default(), self.earliest_panic());
        Fault::Error(first, self).tell(Name::OfType(name), phase, &mut convert, &mut one);
        if let Some(panic) = panic {
            one.keep_panic(panic);
        }
        one
    }
}
