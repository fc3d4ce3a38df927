//! The result of a scope's body, in a form that can outlive the scope.

use crate::error::{BoxError, KeptAsText};
use crate::member::ExitWith;
use crate::outcome::{Cause, CauseRef, CauseSource, Outcome};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use core::convert::Infallible;
use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// The outcome that the exits receive, without the body's error.
#[derive(Clone, Copy, Debug)]
pub enum OwnedOutcome {
    /// The body returned `Ok`.
    Completed,
    /// The body returned an error.
    Failed,
    /// The body panicked.
    Panicked,
    /// The scope was cancelled.
    Cancelled,
    /// The work of a member failed. The members' failures determine the cause.
    MemberFailed,
    /// Not all members entered. The members' failures determine the outcome.
    RollBack,
}

impl OwnedOutcome {
    pub(crate) fn with<X: SharedError>(self, error: Option<&X>) -> ExitWith<'_> {
        ExitWith::Outcome(match self {
            Self::Completed => Outcome::Completed,
            Self::Failed => match error {
                Some(error) => Outcome::Failed(error.cause()),
                None => return ExitWith::RollBack,
            },
            Self::Panicked => Outcome::Panicked,
            Self::Cancelled => Outcome::Cancelled,
            Self::MemberFailed => return ExitWith::MemberFailed,
            Self::RollBack => return ExitWith::RollBack,
        })
    }
}

/// The body's error, in the form that exits on any thread can receive.
pub trait SharedError: Send + Sync + Sized + 'static {
    /// The body's error.
    type Error;
    /// The part of the error that stays with the scope.
    type Kept;
    /// The conversion of the error, for `Reaper::on_failure`.
    type Boxing;

    /// Splits the error before exits receive it.
    fn split(error: Self::Error, boxing: Self::Boxing) -> (Self::Kept, Self);
    /// Returns the error that was split.
    fn join(kept: Self::Kept, shared: Self) -> Self::Error;
    /// Returns the error, for an exit.
    fn cause(&self) -> Cause<'_>;
    /// Returns `true` if an exit voted that the error is handled.
    fn is_suppressed(&self) -> bool;
    /// Returns the error for `Reaper::on_failure`, when the caller is gone.
    fn into_error(self) -> Option<BoxError>;
}

/// For a scope whose body never began.
impl SharedError for Infallible {
    type Error = Self;
    type Kept = Self;
    type Boxing = ();

    fn split(error: Self, (): ()) -> (Self, Self) {
        match error {}
    }

    fn join(kept: Self, _: Self) -> Self {
        kept
    }

    fn cause(&self) -> Cause<'_> {
        match *self {}
    }

    fn is_suppressed(&self) -> bool {
        match *self {}
    }

    fn into_error(self) -> Option<BoxError> {
        match self {}
    }
}

/// An error that exits receive by reference.
pub(crate) struct ByReference<E> {
    error: E,
    boxing: fn(E) -> BoxError,
    votes: AtomicBool,
}

impl<E: fmt::Debug + Send + Sync + 'static> CauseSource for ByReference<E> {
    fn as_cause(&self) -> CauseRef<'_> {
        CauseRef::Body(&self.error)
    }

    fn vote(&self) {
        self.votes.store(true, SeqCst);
    }
}

impl<E: fmt::Debug + Send + Sync + 'static> SharedError for ByReference<E> {
    type Error = E;
    type Kept = ();
    type Boxing = fn(E) -> BoxError;

    fn split(error: E, boxing: fn(E) -> BoxError) -> ((), Self) {
        ((), Self { error, boxing, votes: AtomicBool::new(false) })
    }

    fn join((): (), shared: Self) -> E {
        shared.error
    }

    fn cause(&self) -> Cause<'_> {
        Cause::new(self)
    }

    fn is_suppressed(&self) -> bool {
        self.votes.load(SeqCst)
    }

    fn into_error(self) -> Option<BoxError> {
        Some((self.boxing)(self.error))
    }
}

/// An error that stays on its thread. Exits receive the name of its type.
pub(crate) struct ByTypeName<E> {
    votes: AtomicBool,
    of: PhantomData<fn() -> E>,
}

impl<E: 'static> CauseSource for ByTypeName<E> {
    fn as_cause(&self) -> CauseRef<'_> {
        CauseRef::Opaque(core::any::type_name::<E>())
    }

    fn vote(&self) {
        self.votes.store(true, SeqCst);
    }
}

impl<E: 'static> SharedError for ByTypeName<E> {
    type Error = E;
    type Kept = E;
    type Boxing = ();

    fn split(error: E, (): ()) -> (E, Self) {
        (error, Self { votes: AtomicBool::new(false), of: PhantomData })
    }

    fn join(kept: E, _: Self) -> E {
        kept
    }

    fn cause(&self) -> Cause<'_> {
        Cause::new(self)
    }

    fn is_suppressed(&self) -> bool {
        self.votes.load(SeqCst)
    }

    fn into_error(self) -> Option<BoxError> {
        Some(Box::new(KeptAsText(core::any::type_name::<E>().to_owned())))
    }
}

/// The end of a body that ended by itself. An error is split before the exits receive it.
pub(super) enum BodyEnd<T, X: SharedError> {
    Returned(Result<T, X::Error>),
    Split(X::Kept, Option<X>),
}

impl<T, X: SharedError> BodyEnd<T, X> {
    pub(super) fn split(error: X::Error, boxing: X::Boxing) -> Self {
        let (kept, shared) = X::split(error, boxing);
        Self::Split(kept, Some(shared))
    }

    /// Returns the place of the part of the error that exits receive. It is moved from there, and back.
    pub(super) fn shared(&mut self) -> Option<&mut Option<X>> {
        if let Self::Split(_, shared) = self { Some(shared) } else { None }
    }

    /// Returns the body's result, unless its error was moved away, and whether an exit voted for the error.
    pub(super) fn into_result(self) -> (Option<Result<T, X::Error>>, bool) {
        match self {
            Self::Returned(result) => (Some(result), false),
            Self::Split(kept, Some(shared)) => {
                let suppressed = shared.is_suppressed();
                (Some(Err(X::join(kept, shared))), suppressed)
            }
            Self::Split(_, None) => (None, false),
        }
    }
}
