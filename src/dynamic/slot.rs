//! The state of one member of a set.

use super::leaving::Leaving;
use super::member::{ExitState, SetMember};
use crate::error::Failures;
use crate::member::Interruption;
use crate::outcome::Outcome;
use crate::panic_log::PanicLog;
use alloc::boxed::Box;
use core::future::{Ready, poll_fn, ready};
use core::mem::{replace, take};
use futures::future::{BoxFuture, Either};

pub(super) enum Slot<'a> {
    In(SetMember<'a>),
    /// Its early exit is in flight.
    Leaving(Box<Leaving<'a>>),
    /// It has exited and is dropped.
    Out(Failures),
    /// It was taken out, to be polled.
    Polled,
    /// It has left, and is to be removed.
    Gone,
}

impl Slot<'_> {
    pub(super) fn exit<'e>(
        &'e mut self,
        outcome: Outcome<'e>,
        state: &'e ExitState,
    ) -> Either<BoxFuture<'e, ()>, Ready<()>> {
        match self {
            Self::In(member) => Either::Left(member.get_mut().exit(outcome, state)),
            Self::Leaving(_) => Either::Left(Box::pin(self.leave())),
            Self::Out(_) | Self::Polled | Self::Gone => Either::Right(ready(())),
        }
    }

    async fn leave(&mut self) {
        if let Self::Leaving(leaving) = self {
            let failures = poll_fn(|cx| leaving.poll(cx)).await;
            *self = Self::Out(failures);
        }
    }

    pub(super) fn abandon(&mut self, panics: &PanicLog) {
        match self {
            Self::In(member) => member.get_mut().abandon(panics),
            Self::Leaving(_) | Self::Out(_) => {
                self.interrupt(Interruption::ExitDropped);
                panics.keep_first(self.failures());
            }
            Self::Polled | Self::Gone => {}
        }
    }

    pub(super) fn interrupt(&mut self, interruption: Interruption) {
        match self {
            Self::In(member) => member.get_mut().interrupt(interruption),
            Self::Leaving(_) => {
                if let Self::Leaving(leaving) = replace(self, Self::Polled) {
                    *self = Self::Out(leaving.interrupt(interruption));
                }
            }
            Self::Out(_) | Self::Polled | Self::Gone => {}
        }
    }

    /// Drops a member that has exited, and returns its failures.
    pub(super) fn dismiss(self) -> Failures {
        match self {
            Self::In(member) => member.dismiss(),
            Self::Out(failures) => failures,
            Self::Leaving(_) | Self::Polled | Self::Gone => Failures::default(),
        }
    }

    pub(super) fn failures(&mut self) -> Failures {
        match self {
            Self::In(member) => member.get_mut().failures(),
            Self::Out(failures) => take(failures),
            Self::Leaving(_) | Self::Polled | Self::Gone => Failures::default(),
        }
    }
}
