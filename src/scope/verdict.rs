//! How the body of a scope ended, in a form that can outlive the scope.

use crate::error::{BoxError, KeptAsText};
use crate::outcome::{Cause, Lend, Lent as OnLoan, Outcome};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// How it ended: what the exits are told.
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
    /// Not all entered: the members' failures tell.
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

/// What exits are told of the body's error, on whatever thread they run.
pub trait Told: Send + Sync + 'static {
    /// The error, for an exit.
    fn cause(&self) -> Cause<'_>;
    /// Whether an exit voted that the error is handled.
    fn is_suppressed(&self) -> bool;
    /// The error, for those who can be told of it when the caller cannot.
    fn into_error(self) -> Option<BoxError>;
}

/// Of a scope whose body never began.
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

/// How the error of a body is told: lent as it is, or hidden.
pub(crate) trait Manner {
    type Error;
    type Told: Told;
    /// What stays with the scope.
    type Kept;
    fn split(self, error: Self::Error) -> (Self::Kept, Self::Told);
    fn join(kept: Self::Kept, told: Self::Told) -> Self::Error;
}

/// What a body returned. An error is split before it is told.
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

    /// Where what is told stands, and comes back to.
    pub(super) fn told(&mut self) -> Option<&mut Option<M::Told>> {
        if let Self::Told(_, told) = self { Some(told) } else { None }
    }

    /// Returns what the body returned, unless it is in other hands; and whether an exit voted for the error.
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

/// The error goes to the exits, and comes back. It is turned into a boxed one if it cannot come back.
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

/// The error stays on its thread; exits are told the name of its type.
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
