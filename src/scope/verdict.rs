//! The result of a scope's body, in a form that can outlive the scope.

use crate::error::{BoxError, KeptAsText};
use crate::outcome::{Cause, Lend, Lent as OnLoan, Outcome};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// The kind of outcome that the exits receive.
#[derive(Clone, Copy, Debug)]
pub enum Verdict {
    /// The body returned `Ok`.
    Completed,
    /// The body returned an error.
    Failed,
    /// The body panicked.
    Panicked,
    /// The scope was cancelled.
    Cancelled,
    /// Not all members entered. The members' failures determine the outcome.
    RollBack,
}

impl Verdict {
    pub(crate) fn outcome<X: Told>(self, told: Option<&X>) -> Option<Outcome<'_>> {
        match self {
            Self::Completed => Some(Outcome::Completed),
            Self::Failed => told.map(|error| Outcome::Failed(error.cause())),
            Self::Panicked => Some(Outcome::Panicked),
            Self::Cancelled => Some(Outcome::Cancelled),
            Self::RollBack => None,
        }
    }
}

/// The body's error, in the form that exits on any thread can receive.
pub trait Told: Send + Sync + 'static {
    /// Returns the error, for an exit.
    fn cause(&self) -> Cause<'_>;
    /// Returns `true` if an exit voted that the error is handled.
    fn is_suppressed(&self) -> bool;
    /// Returns the error for `Reaper::on_failure`, when the caller is gone.
    fn into_error(self) -> Option<BoxError>;
}

/// For a scope whose body never began.
impl Told for core::convert::Infallible {
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

/// The way in which exits receive the body's error: lent as it is, or hidden.
pub(crate) trait Manner {
    type Error;
    type Told: Told;
    /// The part of the error that stays with the scope.
    type Kept;
    fn split(self, error: Self::Error) -> (Self::Kept, Self::Told);
    fn join(kept: Self::Kept, told: Self::Told) -> Self::Error;
}

/// The value that a body returned. An error is split before the exits receive it.
pub(super) enum Ended<T, M: Manner> {
    Ok(T),
    Err(M::Error),
    Told(M::Kept, Option<M::Told>),
}

impl<T, M: Manner> Ended<T, M> {
    pub(super) fn returned(returned: Result<T, M::Error>) -> Self {
        match returned {
            Ok(value) => Self::Ok(value),
            Err(error) => Self::Err(error),
        }
    }

    pub(super) fn tell(error: M::Error, manner: M) -> Self {
        let (kept, told) = manner.split(error);
        Self::Told(kept, Some(told))
    }

    /// Returns the place of the part of the error that exits receive. It is moved from there, and back.
    pub(super) fn told(&mut self) -> Option<&mut Option<M::Told>> {
        if let Self::Told(_, told) = self { Some(told) } else { None }
    }

    /// Returns the body's result, unless its error was moved away, and whether an exit voted for the error.
    pub(super) fn into_result(self) -> (Option<Result<T, M::Error>>, bool) {
        match self {
            Self::Ok(value) => (Some(Ok(value)), false),
            Self::Err(error) => (Some(Err(error)), false),
            Self::Told(kept, Some(told)) => {
                let suppressed = told.is_suppressed();
                (Some(Err(M::join(kept, told))), suppressed)
            }
            Self::Told(_, None) => (None, false),
        }
    }
}

/// The error is lent to the exits, and returned. If it cannot be returned to the caller, it is boxed.
pub(crate) struct Lent<E>(pub(crate) fn(E) -> BoxError);

pub(crate) struct LentError<E> {
    error: E,
    boxed: fn(E) -> BoxError,
    votes: AtomicBool,
}

impl<E: fmt::Debug + Send + Sync + 'static> Lend for LentError<E> {
    fn lend(&self) -> OnLoan<'_> {
        OnLoan::Body(&self.error)
    }

    fn vote(&self) {
        self.votes.store(true, SeqCst);
    }
}

impl<E: fmt::Debug + Send + Sync + 'static> Told for LentError<E> {
    fn cause(&self) -> Cause<'_> {
        Cause::new(self)
    }

    fn is_suppressed(&self) -> bool {
        self.votes.load(SeqCst)
    }

    fn into_error(self) -> Option<BoxError> {
        Some((self.boxed)(self.error))
    }
}

impl<E: fmt::Debug + Send + Sync + 'static> Manner for Lent<E> {
    type Error = E;
    type Told = LentError<E>;
    type Kept = ();

    fn split(self, error: E) -> ((), LentError<E>) {
        ((), LentError { error, boxed: self.0, votes: AtomicBool::new(false) })
    }

    fn join((): (), told: LentError<E>) -> E {
        told.error
    }
}

/// The error stays on its thread. Exits receive the name of its type.
pub(crate) struct Hidden<E>(pub(crate) core::marker::PhantomData<E>);

pub(crate) struct HiddenError {
    type_name: &'static str,
    votes: AtomicBool,
}

impl Lend for HiddenError {
    fn lend(&self) -> OnLoan<'_> {
        OnLoan::Opaque(self.type_name)
    }

    fn vote(&self) {
        self.votes.store(true, SeqCst);
    }
}

impl Told for HiddenError {
    fn cause(&self) -> Cause<'_> {
        Cause::new(self)
    }

    fn is_suppressed(&self) -> bool {
        self.votes.load(SeqCst)
    }

    fn into_error(self) -> Option<BoxError> {
        Some(Box::new(KeptAsText(self.type_name.to_owned())))
    }
}

impl<E> Manner for Hidden<E> {
    type Error = E;
    type Told = HiddenError;
    type Kept = E;

    fn split(self, error: E) -> (E, HiddenError) {
        (error, HiddenError { type_name: core::any::type_name::<E>(), votes: AtomicBool::new(false) })
    }

    fn join(kept: E, _: HiddenError) -> E {
        kept
    }
}
