//! The panics among the failures.

use super::{Failure, Failures, MemberPanic};
use crate::stamp::Stamp;
use crate::unwind::{Panic, discard, resume};
use alloc::boxed::Box;

impl Failures {
    /// Resumes the earliest panic of a member among them, with its own payload, or returns them if there is none.
    ///
    /// So whoever uses [`Scope::report`](crate::Scope::report) can do as [`Scope::run`](crate::Scope::run) does, after
    /// everything else is done.
    ///
    /// # Panics
    ///
    /// If there is a [`MemberPanic`]. The other failures are dropped then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::convert::Infallible;
    /// use withal::{Scope, defer};
    ///
    /// # futures::executor::block_on(async {
    /// let stuck = defer(async |_| Err("the lock is stuck".into()));
    /// let report = Scope::new(stuck).report(async |()| Ok::<_, Infallible>(())).await;
    /// let failures = report.failures.resume_panic(); // nobody panicked
    /// assert_eq!(failures.to_string(), "could not exit Defer: the lock is stuck");
    /// # });
    /// ```
    #[must_use = "the failures are lost otherwise"]
    pub fn resume_panic(self) -> Self {
        match self.into_panic() {
            Ok(panic) => resume(panic.into_payload(), ()),
            Err(failures) => failures,
        }
    }

    pub(crate) fn has_panic(&self) -> bool {
        self.iter().any(|failure| failure.panic().is_some())
    }

    /// Takes the earliest panic and gives up the rest, or gives all back if there is none.
    pub(crate) fn into_panic(self) -> Result<Panic, Self> {
        let Some(KeptPanic { stamp, panic }) = self.earliest_panic() else {
            return Err(self);
        };
        let payload = panic.take_payload();
        discard(self);
        Ok(Panic::new(stamp, payload))
    }

    /// Shares the earliest panic, also one that is kept.
    pub(crate) fn earliest_panic(&self) -> Option<KeptPanic> {
        let panics = self.iter().filter_map(Failure::panic);
        panics.min_by_key(|(stamp, _)| *stamp).map(|(stamp, panic)| KeptPanic { stamp, panic: panic.share() })
    }

    /// Keeps a panic with the failure that was made of it, unless it is among the failures as it is.
    pub(crate) fn keep_panic(&mut self, kept: KeptPanic) {
        if self.iter().any(|failure| failure.is_of(&kept.panic)) {
            return;
        }
        if let Some(first) = self.list.as_mut_vec().iter_mut().min_by_key(|failure| failure.stamp) {
            first.kept_panic = Some(Box::new(kept));
        }
    }
}

/// A panic of a member in a group whose errors are mapped: the scope resumes it, whatever the error says.
pub(crate) struct KeptPanic {
    stamp: Stamp,
    panic: MemberPanic,
}

impl Failure {
    /// The panic that this is, or is made of. Of one that is made of a panic, that was first.
    fn panic(&self) -> Option<(Stamp, &MemberPanic)> {
        match &self.kept_panic {
            Some(kept) => Some((kept.stamp, &kept.panic)),
            None => self.error.downcast_ref().map(|panic| (self.stamp, panic)),
        }
    }

    fn is_of(&self, panic: &MemberPanic) -> bool {
        self.panic().is_some_and(|(_, own)| own.is_same(panic))
    }

    pub(super) fn stamps_mut(&mut self) -> impl Iterator<Item = &mut Stamp> {
        let kept = self.kept_panic.as_mut().map(|kept| &mut kept.stamp);
        core::iter::once(&mut self.stamp).chain(kept)
    }
}
