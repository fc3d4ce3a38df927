use super::{BoxError, Failures, words};
use alloc::string::String;
use core::error::Error;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

/// The point at which a scope, or a set within a body, failed.
///
/// A body's own error is returned as it is, and can be the [`ScopeError`] of another scope that ran within the body.
/// The kind is that of the scope or set that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScopeErrorKind {
    /// A member failed to enter, and the body never ran, or [`Scope::open`](crate::Scope::open) returned nothing.
    Enter,
    /// The body succeeded, and then an exit failed, or the work of a member while members were exited.
    ///
    /// It is also the kind of an exit by hand, where there is no body: [`ExitStack::close`](crate::ExitStack::close),
    /// [`Taken::exit`](crate::Taken::exit), [`Opened::close`](crate::Opened::close).
    Exit,
    /// The body failed, and then an exit failed, too.
    BodyAndExit,
    /// The signal of [`Scope::until`](crate::Scope::until) fired, or that of
    /// [`Scope::abandon_on`](crate::Scope::abandon_on) before the body had ended.
    Cancelled,
    /// The work of a member failed while the body ran, which was dropped then, or while an
    /// [`Opened`](crate::Opened) was up.
    MemberFailed,
    /// A member failed to enter an open stack or pool, or to exit it early. The body around the set did run.
    ///
    /// Returned by [`OpenStack::enter`](crate::OpenStack::enter), [`OpenPool::enter`](crate::OpenPool::enter),
    /// [`Handle::exit`](crate::Handle::exit) and the `settle` of either set. A set that was opened by hand has no body.
    Set,
}

/// The error of a scope whose members failed or that was cancelled. It is converted into the caller's own error type.
///
/// If every exit succeeded, the body's error is returned as it is. If an exit failed, too, this holds both: the body's
/// error as [`body`](Self::body), and the members' errors as [`failures`](Self::failures).
///
/// Its `Display` contains all these errors, so `source()` skips them: it returns the source of the body's error, if
/// this holds one, and otherwise that of the earliest member's error. So code that prints the chain of sources, such as
/// `{:#}` of `anyhow` or a `main` that returns `anyhow::Result<()>`, prints no error twice. A chain follows one error
/// only: to print the sources of the others, iterate over [`body`](Self::body) and [`failures`](Self::failures), and
/// print the sources of each [`error()`](crate::Failure::error).
///
/// A resumed panic discards the other failures. Where they matter, use [`Scope::report`](crate::Scope::report).
///
/// # Examples
///
/// ```
/// use withal::{ResourceExt, ScopeError};
///
/// #[derive(Debug, thiserror::Error)]
/// enum AppError {
///     #[error("the shop is closed")]
///     Closed,
///     #[error(transparent)]
///     Scope(#[from] ScopeError),
/// }
///
/// # futures::executor::block_on(async {
/// let result = ().scope(async |()| Err::<(), _>(AppError::Closed)).await;
/// assert!(matches!(result, Err(AppError::Closed)));
/// # });
/// ```
pub struct ScopeError {
    kind: ScopeErrorKind,
    body: Option<BoxError>,
    failures: Failures,
}

/// Nobody sees it half changed: it is complete when it is passed on.
impl UnwindSafe for ScopeError {}
impl RefUnwindSafe for ScopeError {}

impl ScopeError {
    pub(crate) fn new(kind: ScopeErrorKind, body: Option<BoxError>, failures: Failures) -> Self {
        Self { kind, body, failures }
    }

    /// Returns the point at which the scope failed.
    #[must_use]
    pub fn kind(&self) -> ScopeErrorKind {
        self.kind
    }

    /// Returns `true` if every error in it is of this type, including those of scopes within scopes, and none of these
    /// scopes was cancelled.
    pub(crate) fn is_all<X: Error + 'static>(&self) -> bool {
        let is = |error: &(dyn Error + Send + Sync + 'static)| {
            error.is::<X>() || error.downcast_ref::<Self>().is_some_and(Self::is_all::<X>)
        };
        let bodys = self.body().is_none_or(is);
        self.kind != ScopeErrorKind::Cancelled && bodys && self.failures.iter().all(|failure| is(failure.error()))
    }

    /// Returns a reference to the members' failures.
    #[must_use]
    pub fn failures(&self) -> &Failures {
        &self.failures
    }

    /// Returns the members' failures.
    #[must_use]
    pub fn into_failures(self) -> Failures {
        self.failures
    }

    /// Returns its parts: the point at which the scope failed, the body's error (for [`ScopeErrorKind::BodyAndExit`]),
    /// and the members' failures.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{BoxError, ResourceExt, ScopeError, defer};
    ///
    /// # futures::executor::block_on(async {
    /// let stuck = defer(async |_| Err("the lock is stuck".into()));
    /// let error = stuck.scope(async |()| Err::<(), BoxError>(std::fmt::Error.into())).await.unwrap_err();
    /// let (_kind, body, failures) = error.downcast::<ScopeError>().unwrap().into_parts();
    /// assert!(body.unwrap().is::<std::fmt::Error>());
    /// assert_eq!(failures.to_string(), "could not exit Defer: the lock is stuck");
    /// # });
    /// ```
    #[must_use]
    pub fn into_parts(self) -> (ScopeErrorKind, Option<BoxError>, Failures) {
        let Self { kind, body, failures } = self;
        (kind, body, failures)
    }

    /// Returns a reference to the body's error, for [`ScopeErrorKind::BodyAndExit`]. Under `scope_local`,
    /// where it need not be `Send`, it is kept as its text.
    #[must_use]
    pub fn body(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.body.as_deref()
    }
}

impl fmt::Debug for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ScopeError");
        debug.field("kind", &self.kind);
        if let Some(body) = &self.body {
            debug.field("body", body);
        }
        debug.field("failures", &self.failures).finish()
    }
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, &self.body) {
            (ScopeErrorKind::Cancelled, _) if self.failures.is_empty() => f.write_str("the scope was cancelled"),
            (ScopeErrorKind::Cancelled, _) => write!(f, "the scope was cancelled; {}", self.failures),
            (_, Some(body)) => write!(f, "{}; {}", words(&**body), self.failures),
            (_, None) => write!(f, "{}", self.failures),
        }
    }
}

impl Error for ScopeError {
    /// Returns the source of the body's error, or else of the earliest member's. The error itself is part of the
    /// `Display` text.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.body {
            Some(body) => body.source(),
            None => self.failures.source(),
        }
    }
}

/// The error of a scope's body: a type that converts from a [`ScopeError`], and into a boxed error.
///
/// The trait is implemented for every type that fits: `anyhow::Error`, `Box<dyn Error + Send + Sync>` and every error
/// enum with a variant `#[from] ScopeError` do.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a scope's body: it needs `From<ScopeError>` and `std::error::Error`",
    label = "no `From<ScopeError>`, no `std::error::Error`, or not `Send`, `Sync` and `Debug`",
    note = "end the body in `anyhow::Ok(..)`, use `Box<dyn Error + Send + Sync>`, or give your \
            error enum a variant `#[from] ScopeError` and `#[derive(Debug, thiserror::Error)]`",
    note = "or ask for `Scope::new(..).report(..)`, which takes any error and hands over everything that happened"
)]
pub trait BodyError: From<ScopeError> + Into<BoxError> + fmt::Debug + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: From<ScopeError> + Into<BoxError> + fmt::Debug + Send + Sync + 'static> BodyError for E {}

/// The text of the error of a body that stays on its thread.
#[derive(Debug)]
pub(crate) struct KeptAsText(pub(crate) String);

impl fmt::Display for KeptAsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for KeptAsText {}
