//! The panics among the failures.

use super::{Failure, Failures, MemberPanic};
use crate::stamp::Stamp;
use crate::unwind::{CaughtPanic, discard, resume};
use alloc::boxed::Box;

impl Failures {
    /// Resumes the earliest panic of a member with its own payload, or returns the failures if no member panicked.
    ///
    /// A caller of [`Scope::report`](crate::Scope::report) can use it to resume the panic as
    /// [`Scope::run`](crate::Scope::run) does, after everything else is done.
    ///
    /// # Panics
    ///
    /// If a member panicked: one of the failures is a [`MemberPanic`], or an adaptor mapped one. The other failures are
    /// dropped then.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::convert::Infallible;
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

    /// Returns the earliest panic and drops the rest, or returns all failures if no member panicked.
    pub(crate) fn into_panic(self) -> Result<CaughtPanic, Self> {
        let Some(KeptPanic { stamp, panic }) = self.earliest_panic() else {
            return Err(self);
        };
        let payload = panic.take_payload();
        discard(self);
        Ok(CaughtPanic::new(stamp, payload))
    }

    /// Returns a handle of the earliest panic, those kept with a failure included.
    pub(crate) fn earliest_panic(&self) -> Option<KeptPanic> {
        let panics = self.iter().filter_map(Failure::panic);
        panics.min_by_key(|(stamp, _)| *stamp).map(|(stamp, panic)| KeptPanic { stamp, panic: panic.share() })
    }

    /// Keeps a panic with the failure that was created from it, unless the panic itself is among the failures.
    pub(crate) fn keep_panic(&mut self, kept: KeptPanic) {
        if self.iter().any(|failure| failure.is_of(&kept.panic)) {
            return;
        }
        if let Some(first) = self.list.as_mut_vec().iter_mut().min_by_key(|failure| failure.stamp) {
            first.kept_panic = Some(Box::new(kept));
        }
    }
}

/// A panic of a member in a group whose errors are mapped. The scope resumes it, whatever the function returned.
pub(crate) struct KeptPanic {
    stamp: Stamp,
    panic: MemberPanic,
}

impl KeptPanic {
    pub(super) fn share(&self) -> Self {
        Self { stamp: self.stamp, panic: self.panic.share() }
    }
}

impl Failure {
    /// Returns the panic from which this failure was created, or else the panic that it is.
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
