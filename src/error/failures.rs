use super::{Abandoned, BoxError, Elapsed, Failure, MemberPanic, Phase};
use crate::stamp::Stamp;
use crate::thin_vec::ThinVec;
use crate::unwind::CaughtPanic;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

/// The failures of the members of a scope or group, in member order.
///
/// It is the [`Resource::Error`](crate::Resource::Error) of every group. If the error of a member is `Failures` itself,
/// as that of a resource that delegates to a group, its failures are listed here one by one, with their paths appended
/// to the member's. If it is empty, one failure that says so is listed.
///
/// Its `Display` joins the sentences of all [`Failure`]s by `; `, the earliest first. These contain the members'
/// errors, so `source()` skips them and returns the source of the earliest member's error (law
/// [`first-is-first`](crate::laws#first-is-first)). The earliest error itself is `failures.first()` and its
/// [`error()`](Failure::error).
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
/// use std::io;
/// use withal::{Outcome, Phase, Resource, Scope};
///
/// struct Server(bool);
/// impl Resource for Server {
///     type Guard = ();
///     type Error = io::Error;
///     async fn enter(&mut self) -> io::Result<()> {
///         if self.0 { Ok(()) } else { Err(io::ErrorKind::ConnectionRefused.into()) }
///     }
///     async fn exit(&mut self, (): (), _: Outcome<'_>) -> io::Result<()> {
///         Ok(())
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let members = (Server(true), [Server(true), Server(false)]);
/// let report = Scope::new(members).report(async |_| Ok::<_, Infallible>(())).await;
/// assert_eq!(report.failures.to_string(), "could not enter [1, 1] Server: connection refused");
///
/// let first = report.failures.first().unwrap();
/// assert_eq!((first.path(), first.name(), first.phase()), (&[1, 1][..], "Server", Phase::Enter));
/// assert!(first.error().is::<io::Error>());
/// # });
/// ```
#[derive(Default)]
pub struct Failures {
    pub(super) list: ThinVec<Failure>,
}

/// Nobody sees it half changed: it is complete when it is passed on.
impl UnwindSafe for Failures {}
impl RefUnwindSafe for Failures {}

impl Failures {
    /// Returns an iterator over the failures in member order. Those of one member are in the order in which they
    /// happened.
    pub fn iter(&self) -> core::slice::Iter<'_, Failure> {
        self.list.as_slice().iter()
    }

    /// Returns the number of failures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.as_slice().len()
    }

    /// Returns `true` if nothing failed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns the earliest failure, across all groups.
    #[must_use]
    pub fn first(&self) -> Option<&Failure> {
        self.iter().min_by_key(|failure| failure.stamp)
    }

    /// Adds the failures of a later phase, and keeps member order.
    pub(crate) fn append(&mut self, later: Failures) {
        if !later.is_empty() {
            let list = self.list.as_mut_vec();
            list.extend(later);
            list.sort_by(|a, b| a.path.cmp(&b.path).then(a.stamp.cmp(&b.stamp)));
        }
    }

    /// Moves all failures stamped at or after `since` to now, in their order.
    pub(crate) fn restamp(&mut self, since: Stamp) {
        if !self.is_empty() {
            let stamps = self.list.as_mut_vec().iter_mut().flat_map(Failure::stamps_mut);
            let mut late: Vec<_> = stamps.filter(|stamp| **stamp >= since).collect();
            late.sort();
            for stamp in late {
                *stamp = Stamp::now();
            }
        }
    }

    /// Replaces the error of all exits that missed a deadline at or after `since`: they were dropped because the scope
    /// was abandoned. An error that an adaptor has mapped stays.
    pub(crate) fn abandoned(&mut self, since: Stamp) {
        if !self.is_empty() {
            let list = self.list.as_mut_vec().iter_mut();
            for late in list.filter(|failure| failure.stamp >= since && failure.error.is::<Elapsed>()) {
                late.error = Box::new(Abandoned::IN_EXIT);
            }
        }
    }

    /// Adds one failure of the member at this place. An error that is `Failures` itself is added failure by failure.
    pub(crate) fn add(&mut self, name: NameKind<'_>, phase: Phase, stamp: Stamp, error: BoxError) {
        match error.downcast::<Failures>() {
            Ok(inner) if inner.is_empty() => self.add(name, phase, stamp, Box::new(EmptyFailures)),
            Ok(mut inner) => {
                if let NameKind::Given(name) = name {
                    inner.rename(name);
                }
                self.list.as_mut_vec().extend(*inner);
            }
            Err(error) => {
                let (NameKind::Given(name) | NameKind::OfType(name)) = name;
                let name = name.to_owned();
                self.list.push(Failure {
                    path: Vec::new(),
                    name,
                    first_name: None,
                    phase,
                    error,
                    stamp,
                    kept_panic: None,
                    attempts: 1,
                });
            }
        }
    }

    pub(crate) fn add_panic(&mut self, name: NameKind<'_>, phase: Phase, panic: CaughtPanic) {
        self.add(name, phase, panic.stamp, Box::new(MemberPanic::new(panic.payload)));
    }

    /// Adds the failures of the member at this position.
    pub(crate) fn add_member(&mut self, index: usize, member: Failures) {
        if !member.is_empty() {
            self.list.as_mut_vec().extend(member.into_iter().map(|mut failure| {
                failure.path.insert(0, index);
                failure
            }));
        }
    }

    /// Places the failures of a scope within a body, where they have no position among the members of the scope around.
    #[cfg(feature = "std")]
    pub(crate) fn within_body(mut self) -> Self {
        if !self.is_empty() {
            for failure in self.list.as_mut_vec() {
                failure.path.clear();
                failure.first_name = None;
                failure.name.insert_str(0, "body/");
            }
        }
        self
    }

    /// Names a place: the name replaces that of a lone member there, and stands before those of a group's members.
    pub(crate) fn rename(&mut self, name: &str) {
        if !self.is_empty() {
            self.list.as_mut_vec().iter_mut().for_each(|failure| failure.rename(name));
        }
    }

    /// Drops the failures of a phase.
    pub(crate) fn forget(&mut self, phase: Phase) {
        if !self.is_empty() {
            self.list.as_mut_vec().retain(|failure| failure.phase != phase);
        }
    }

    /// Records the number of attempts in the failures of the last one.
    pub(crate) fn note_attempts(&mut self, attempts: usize) {
        if !self.is_empty() {
            for failure in self.list.as_mut_vec() {
                failure.attempts = failure.attempts.max(attempts);
            }
        }
    }

    /// Puts the name of the set before the names of the members that failed to enter it.
    pub(crate) fn put_before(&mut self, set: &str) {
        if !self.is_empty() {
            for failure in self.list.as_mut_vec() {
                failure.name = format!("{set}/{}", failure.name);
                failure.first_name = None;
            }
        }
    }
}

/// Replaces the error of a member if that is an empty `Failures`, as that of a cancelled scope can be.
#[derive(Debug)]
struct EmptyFailures;

impl fmt::Display for EmptyFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its error holds no failures, so it does not say why")
    }
}

impl Error for EmptyFailures {}

/// A member's name. One that the member gave itself stands before the names of the members that it delegates to.
#[derive(Clone, Copy)]
pub(crate) enum NameKind<'a> {
    Given(&'a str),
    OfType(&'a str),
}

impl fmt::Debug for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no failures");
        }
        let mut by_time: Vec<_> = self.iter().collect();
        by_time.sort_by_key(|failure| failure.stamp);
        for (i, failure) in by_time.into_iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{failure}")?;
        }
        Ok(())
    }
}

impl Error for Failures {
    /// Returns the source of the earliest member's error. The error itself is part of the `Display` text.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.first().and_then(Error::source)
    }
}

impl IntoIterator for Failures {
    type Item = Failure;
    type IntoIter = alloc::vec::IntoIter<Failure>;

    /// Returns an iterator that owns the failures, in member order.
    fn into_iter(mut self) -> Self::IntoIter {
        self.list.take().into_iter()
    }
}

impl<'a> IntoIterator for &'a Failures {
    type Item = &'a Failure;
    type IntoIter = core::slice::Iter<'a, Failure>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
