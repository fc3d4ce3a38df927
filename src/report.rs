use crate::error::{BodyError, BoxError, Failures, KeptAsText, ScopeError, ScopeErrorKind};
use crate::unwind::{catch, resume};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

/// Everything that happened in a scope (law [`nothing-lost`](crate::laws#nothing-lost)), as
/// [`Scope::report`](crate::Scope::report) returns it.
///
/// It holds the body's value even if an exit failed, and the body's error in addition to the members' failures.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
/// use withal::{Outcome, Resource, Scope};
///
/// struct Leaky;
/// impl Resource for Leaky {
///     type Guard = u32;
///     type Error = String;
///     async fn enter(&mut self) -> Result<u32, String> {
///         Ok(20)
///     }
///     async fn exit(&mut self, _: u32, _: Outcome<'_>) -> Result<(), String> {
///         Err("the lock is stuck".to_owned())
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let report = Scope::new((Leaky, Leaky)).report(async |(a, b)| Ok::<_, Infallible>(*a + *b)).await;
/// assert_eq!(report.body, Some(Ok(40)));
/// assert_eq!(report.failures.len(), 2);
/// assert!(!report.is_clean());
/// # });
/// ```
#[must_use = "a report holds errors and panics that are shown to nobody else: look at it, or call `into_result()`"]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Report<T, E> {
    /// What the body returned; `None` if it never ran, panicked or was cancelled.
    pub body: Option<Result<T, E>>,
    /// The body's own panic.
    pub panic: Option<Box<dyn core::any::Any + Send>>,
    /// The members' failures, including their panics.
    pub failures: Failures,
    /// Whether the scope was cancelled, or abandoned before the body had ended.
    pub cancelled: bool,
    /// Whether an exit voted that the body's error is handled, by [`Cause::suppress`](crate::Cause::suppress).
    ///
    /// The caller decides whether to follow the vote. [`Scope::run_or_suppress`](crate::Scope::run_or_suppress) does if
    /// [`panic`](Self::panic) and [`failures`](Self::failures) are empty.
    pub suppressed: bool,
    /// Whether the work of a member stopped the body.
    pub(crate) member_failed: bool,
    /// Whether the signal of `abandon_on` ended the scope.
    pub(crate) abandoned: bool,
}

/// Nobody sees it half changed: it is complete when it is returned.
impl<T: UnwindSafe, E: UnwindSafe> UnwindSafe for Report<T, E> {}
impl<T: RefUnwindSafe, E: RefUnwindSafe> RefUnwindSafe for Report<T, E> {}

impl<T, E> Report<T, E> {
    /// Creates the report of a scope in which nothing failed.
    pub(crate) fn clean(value: T) -> Self {
        Self {
            body: Some(Ok(value)),
            panic: None,
            failures: Failures::default(),
            cancelled: false,
            suppressed: false,
            member_failed: false,
            abandoned: false,
        }
    }

    /// Returns `true` if the body returned `Ok` and nothing else failed.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        matches!(self.body, Some(Ok(_))) && self.panic.is_none() && self.failures.is_empty() && !self.cancelled
    }

    /// Converts the report into the result that [`Scope::run`](crate::Scope::run) returns.
    ///
    /// # Errors
    ///
    /// The body's error as it is, if nothing else failed; otherwise a [`ScopeError`] that holds it and the failures.
    ///
    /// # Panics
    ///
    /// Resumes the body's panic, else the earliest panic of a member (law [`panic-last`](crate::laws#panic-last)).
    pub fn into_result(self) -> Result<T, E>
    where
        E: BodyError,
    {
        self.settle(Into::into)
    }

    /// Converts the report into the result of [`Scope::run_or_suppress`](crate::Scope::run_or_suppress).
    pub(crate) fn into_result_or_suppressed(self) -> Result<Option<T>, E>
    where
        E: BodyError,
    {
        if self.is_suppressed() { Ok(None) } else { self.into_result().map(Some) }
    }

    /// Converts the report into the result of [`Scope::run_or_suppress_local`](crate::Scope::run_or_suppress_local).
    pub(crate) fn into_local_result_or_suppressed(self) -> Result<Option<T>, E>
    where
        E: From<ScopeError> + fmt::Debug,
    {
        if self.is_suppressed() { Ok(None) } else { self.into_local_result().map(Some) }
    }

    /// Converts the report into the result of [`Scope::run_or_cancelled`](crate::Scope::run_or_cancelled).
    pub(crate) fn into_result_or_cancelled(self) -> Result<Option<T>, E>
    where
        E: BodyError,
    {
        if self.is_stopped() { Ok(None) } else { self.into_result().map(Some) }
    }

    /// Converts the report into the result of
    /// [`Scope::run_or_cancelled_local`](crate::Scope::run_or_cancelled_local).
    pub(crate) fn into_local_result_or_cancelled(self) -> Result<Option<T>, E>
    where
        E: From<ScopeError> + fmt::Debug,
    {
        if self.is_stopped() { Ok(None) } else { self.into_local_result().map(Some) }
    }

    /// Returns `true` if the scope was cancelled, and nothing else went wrong.
    fn is_stopped(&self) -> bool {
        self.cancelled && !self.abandoned && self.panic.is_none() && self.failures.is_empty()
    }

    /// Returns `true` if the votes take effect: a failed exit outweighs them all.
    fn is_suppressed(&self) -> bool {
        self.suppressed && self.panic.is_none() && self.failures.is_empty()
    }

    pub(crate) fn into_local_result(self) -> Result<T, E>
    where
        E: From<ScopeError> + fmt::Debug,
    {
        self.settle(|error| {
            let text = catch(|| format!("{error:?}"));
            Box::new(KeptAsText(text.unwrap_or_else(|_| core::any::type_name::<E>().to_owned())))
        })
    }

    /// Reduces the report to one value or one error, or resumes a panic.
    fn settle(self, boxed: impl FnOnce(E) -> BoxError) -> Result<T, E>
    where
        E: From<ScopeError>,
    {
        let Self { mut body, panic, failures, cancelled, suppressed: _, member_failed, abandoned: _ } = self;
        if panic.is_none() && failures.is_empty() {
            if let Some(untouched) = body.take() {
                return untouched;
            }
        }
        if let Some(payload) = panic {
            return resume(payload, (body, failures));
        }
        let failures = match failures.into_panic() {
            Ok(panic) => return resume(panic.into_payload(), body),
            Err(failures) => failures,
        };
        let (kind, body) = match body {
            Some(Ok(_)) => (ScopeErrorKind::Exit, None),
            Some(Err(error)) => (ScopeErrorKind::BodyAndExit, Some(boxed(error))),
            None if cancelled => (ScopeErrorKind::Cancelled, None),
            None if member_failed => (ScopeErrorKind::MemberFailed, None),
            None => (ScopeErrorKind::Enter, None),
        };
        Err(ScopeError::new(kind, body, failures).into())
    }
}

#[expect(clippy::missing_fields_in_debug, reason = "the others say no more than the failures do")]
impl<T: fmt::Debug, E: fmt::Debug> fmt::Debug for Report<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let panic = self.panic.as_ref().map(crate::unwind::message);
        f.debug_struct("Report")
            .field("body", &self.body)
            .field("panic", &panic)
            .field("failures", &self.failures)
            .field("cancelled", &self.cancelled)
            .field("suppressed", &self.suppressed)
            .finish()
    }
}
