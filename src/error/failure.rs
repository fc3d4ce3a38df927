use super::panics::KeptPanic;
use super::shared::CommonError;
use super::{BoxError, words};
use crate::stamp::Stamp;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

/// The phase in which a member failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// While it was entered.
    Enter,
    /// While it was exited.
    Exit,
    /// While it was up: its work failed.
    Up,
}

/// The failure of one member, and the phase in which it failed.
///
/// Its `Display` is a sentence such as `could not enter [1] RedisServer: connection refused (os error 111)`. That
/// contains the member's error, so `source()` skips it and returns the source of that error. The error itself is
/// [`error`](Self::error).
pub struct Failure {
    pub(super) path: Vec<usize>,
    pub(super) name: String,
    /// The group whose name stands first: the length of the path from that group on, and of its name with the slash.
    pub(super) first_name: Option<(usize, usize)>,
    pub(super) phase: Phase,
    pub(super) error: BoxError,
    pub(crate) stamp: Stamp,
    /// The panic from which an adaptor's function created this error.
    pub(super) kept_panic: Option<Box<KeptPanic>>,
    /// The number of attempts to enter the member.
    pub(super) attempts: usize,
}

/// Nobody sees it half changed: it is complete when it is passed on.
impl UnwindSafe for Failure {}
impl RefUnwindSafe for Failure {}

impl Failure {
    /// Returns the member's position: `[0, 2]` for the third member of a group that is itself the first one, `[]` for a
    /// lone resource.
    #[must_use]
    pub fn path(&self) -> &[usize] {
        &self.path
    }

    /// Returns the member's name, behind the names of the named groups around it: `cluster/redis`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the phase in which it failed.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns a reference to the member's own error, to be downcast; a panic is a [`MemberPanic`](crate::MemberPanic).
    #[must_use]
    pub fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self.error.downcast_ref().map_or(&*self.error, CommonError::get)
    }

    /// Returns the member's own error.
    ///
    /// If the work of a [`shared`](crate::shared()) resource failed, several scopes receive its one error. As long as
    /// another scope has it, this returns an error with the same text and source.
    #[must_use]
    pub fn into_error(self) -> BoxError {
        self.error.downcast().map_or_else(|own| own, |shared: Box<CommonError>| shared.into_error())
    }

    /// Returns the number of attempts to enter the member, of which this was the last: more than 1 under
    /// [`retry`](crate::ResourceExt::retry) or [`retry_with`](crate::retry_with).
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.attempts
    }

    /// Names the place at which the path begins. The new name replaces an earlier one of that place.
    pub(super) fn rename(&mut self, name: &str) {
        let below = self.path.len();
        if below == 0 {
            name.clone_into(&mut self.name);
            return;
        }
        let replaced = self.first_name.filter(|(place, _)| *place == below).map_or(0, |(_, length)| length);
        self.name = format!("{name}/{}", &self.name[replaced..]);
        self.first_name = Some((below, name.len() + 1));
    }
}

#[expect(
    clippy::missing_fields_in_debug,
    reason = "the stamp and the place of a name are numbers that tell nobody anything, and a kept panic is in the error"
)]
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("path", &self.path)
            .field("name", &self.name)
            .field("phase", &self.phase)
            .field("error", &self.error)
            .finish()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.phase {
            Phase::Enter => "could not enter ",
            Phase::Exit => "could not exit ",
            Phase::Up => "",
        })?;
        if !self.path.is_empty() {
            write!(f, "{:?} ", self.path)?;
        }
        let verb = if self.phase == Phase::Up { " failed" } else { "" };
        write!(f, "{}{verb}: {}", self.name, words(&*self.error))?;
        if self.attempts > 1 { write!(f, " (after {} attempts)", self.attempts) } else { Ok(()) }
    }
}

impl Error for Failure {
    /// Returns the source of the member's error. The error itself is part of the `Display` text.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}
