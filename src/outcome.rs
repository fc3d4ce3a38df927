mod copy;

pub(crate) use copy::OutcomeCopy;

use crate::error::{Failure, ScopeError};
use alloc::boxed::Box;
use core::any::Any;
use core::error::Error;
use core::fmt;

/// The outcome of a scope, as its exits receive it.
///
/// Every member of a scope, in nested groups too, receives the same outcome. It is fixed before the first exit starts
/// (law [`same-outcome`](crate::laws#same-outcome)).
///
/// # Examples
///
/// ```
/// use withal::{Outcome, OutcomeKind};
///
/// fn keep(outcome: Outcome<'_>) -> bool {
///     matches!(outcome, Outcome::Completed)
/// }
/// assert!(keep(Outcome::Completed));
/// assert_eq!(Outcome::Panicked.kind(), OutcomeKind::Panicked);
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// The body returned `Ok`.
    Completed,
    /// The body returned this error.
    Failed(Cause<'a>),
    /// A member failed to enter, and the body never ran. The cause is the earliest failure.
    EnterFailed(Cause<'a>),
    /// The body was dropped, because the work of a member failed while that member was up. The cause is its failure.
    MemberFailed(Cause<'a>),
    /// The body or the enter of a member panicked.
    Panicked,
    /// The signal of [`Scope::until`](crate::Scope::until) fired, or the scope was dropped and a
    /// [`Reaper`](crate::Reaper) finishes it, or the member was part of an enter into a stack or pool that was dropped.
    Cancelled,
    /// This member is exited early, by itself.
    Released,
}

impl Outcome<'_> {
    /// Returns the outcome without its cause, to keep or compare.
    #[must_use]
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Completed => OutcomeKind::Completed,
            Self::Failed(_) => OutcomeKind::Failed,
            Self::EnterFailed(_) => OutcomeKind::EnterFailed,
            Self::MemberFailed(_) => OutcomeKind::MemberFailed,
            Self::Panicked => OutcomeKind::Panicked,
            Self::Cancelled => OutcomeKind::Cancelled,
            Self::Released => OutcomeKind::Released,
        }
    }
}

/// The kind of an [`Outcome`], without the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutcomeKind {
    /// See [`Outcome::Completed`].
    Completed,
    /// See [`Outcome::Failed`].
    Failed,
    /// See [`Outcome::EnterFailed`].
    EnterFailed,
    /// See [`Outcome::MemberFailed`].
    MemberFailed,
    /// See [`Outcome::Panicked`].
    Panicked,
    /// See [`Outcome::Cancelled`].
    Cancelled,
    /// See [`Outcome::Released`].
    Released,
}

/// A reference to the error that ended the scope, for an exit.
///
/// Its `Debug` is the error's own. Under `scope_local` and the `_local` methods of [`Scope`](crate::Scope) the exits,
/// which are `Send`, cannot borrow the body's error. The cause is opaque then: [`downcast_ref`](Self::downcast_ref) and
/// [`body`](Self::body) return `None`, and `Debug` prints the name of the error's type.
///
/// # Examples
///
/// ```
/// use withal::Outcome;
///
/// /// A transaction that may be tried again is rolled back quietly.
/// fn is_retry(outcome: Outcome<'_>) -> bool {
///     match outcome {
///         Outcome::Failed(cause) => cause
///             .downcast_ref::<std::io::Error>()
///             .is_some_and(|error| error.kind() == std::io::ErrorKind::Interrupted),
///         _ => false,
///     }
/// }
/// # assert!(!is_retry(Outcome::Completed));
/// ```
#[derive(Clone, Copy)]
pub struct Cause<'a>(&'a dyn CauseSource);

/// The owner of an error that exits can borrow. A cause is a single pointer to it, because the future of every exit
/// stores one.
pub(crate) trait CauseSource: Send + Sync {
    fn as_cause(&self) -> CauseRef<'_>;

    /// Records a vote that the error is handled. Only the body's error can be suppressed.
    fn vote(&self) {}
}

/// The cause of an `EnterFailed`.
impl CauseSource for Failure {
    fn as_cause(&self) -> CauseRef<'_> {
        CauseRef::Member(self.error())
    }
}

/// A borrowed error.
#[derive(Clone, Copy)]
pub(crate) enum CauseRef<'a> {
    /// The body's error, with its own type.
    Body(&'a dyn BodyValue),
    /// A member's error.
    Member(&'a (dyn Error + Send + Sync + 'static)),
    /// A description of an error that cannot be borrowed.
    Opaque(&'a str),
}

/// A body's error as `Any` and as `Debug`. It is one trait, because trait objects cannot be upcast on the oldest
/// supported Rust.
pub(crate) trait BodyValue: fmt::Debug + Send + Sync {
    fn as_any(&self) -> &(dyn Any + Send + Sync);
}

impl<E: fmt::Debug + Send + Sync + 'static> BodyValue for E {
    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}

impl<'a> Cause<'a> {
    pub(crate) fn new(lender: &'a dyn CauseSource) -> Self {
        Self(lender)
    }

    /// Returns `true` if the error is of this type, also inside an `anyhow::Error`, or is a [`ScopeError`] that holds
    /// errors of this type only.
    pub(crate) fn is<X: Error + Send + Sync + 'static>(&self) -> bool {
        self.find::<X>().is_some() || self.find::<ScopeError>().is_some_and(ScopeError::is_all::<X>)
    }

    fn find<X: Error + Send + Sync + 'static>(&self) -> Option<&'a X> {
        #[cfg(feature = "anyhow")]
        if let Some(found) = self.body::<anyhow::Error>().and_then(anyhow::Error::downcast_ref::<X>) {
            return Some(found);
        }
        self.downcast_ref::<X>()
    }

    /// Votes that the body's error is handled.
    ///
    /// The vote takes effect only under [`Scope::run_or_suppress`](crate::Scope::run_or_suppress) and
    /// [`run_or_suppress_local`](crate::Scope::run_or_suppress_local), and only if nothing but the body failed.
    /// [`Scope::report`](crate::Scope::report) returns it as [`Report::suppressed`](crate::Report::suppressed).
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{Outcome, Scope, defer};
    ///
    /// # futures::executor::block_on(async {
    /// let tolerant = defer(async |outcome| {
    ///     if let Outcome::Failed(cause) = outcome {
    ///         cause.suppress();
    ///     }
    ///     Ok(())
    /// });
    /// let nothing = Scope::new(tolerant).run_or_suppress(async |()| Err::<(), _>(anyhow::anyhow!("no luck"))).await?;
    /// assert_eq!(nothing, None);
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    pub fn suppress(&self) {
        self.0.vote();
    }

    /// Returns a reference to the error if it is of type `X`: the body's error itself, the error inside a
    /// `Box<dyn Error + Send + Sync>` or a `Box<X>`, or, for [`Outcome::EnterFailed`], the error of the member that
    /// failed first.
    ///
    /// For an error type that hides what it wraps, as `anyhow::Error` does, use [`body`](Self::body).
    #[must_use]
    pub fn downcast_ref<X: Error + 'static>(&self) -> Option<&'a X> {
        match self.0.as_cause() {
            CauseRef::Body(error) => {
                let any = error.as_any();
                let boxed = || any.downcast_ref::<crate::BoxError>();
                any.downcast_ref::<X>()
                    .or_else(|| any.downcast_ref::<Box<X>>().map(|unboxed| &**unboxed))
                    .or_else(|| boxed().and_then(|error| unboxed(&**error)))
            }
            CauseRef::Member(error) => unboxed(error),
            CauseRef::Opaque(_) => None,
        }
    }

    /// Returns a reference to the body's error if `E` is its own type, for example `anyhow::Error`.
    #[must_use]
    pub fn body<E: 'static>(&self) -> Option<&'a E> {
        match self.0.as_cause() {
            CauseRef::Body(error) => error.as_any().downcast_ref(),
            CauseRef::Member(_) | CauseRef::Opaque(_) => None,
        }
    }
}

fn unboxed<'a, X: Error + 'static>(error: &'a (dyn Error + Send + Sync + 'static)) -> Option<&'a X> {
    error.downcast_ref::<X>().or_else(|| error.downcast_ref::<Box<X>>().map(|error| &**error))
}

impl fmt::Debug for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_cause() {
            CauseRef::Body(error) => fmt::Debug::fmt(error, f),
            CauseRef::Member(error) => fmt::Debug::fmt(error, f),
            CauseRef::Opaque(text) => f.write_str(text),
        }
    }
}
