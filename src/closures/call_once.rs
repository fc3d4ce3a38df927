//! Closures that are called once, behind function pointers.
//!
//! A resource from closures stores the closures and pointers to the functions that call them, which are instantiated
//! where the types of the closures are known. So the compiler need not look at the return types of the closures to
//! prove that it is a resource: in a spawned future, it could not infer the lifetime of a boxed error there.

use super::UsageError;
use crate::error::BoxError;
use crate::outcome::Outcome;
use alloc::boxed::Box;
use core::future::{Future, poll_fn};
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures::future::BoxFuture;

/// A future whose output is known only to the function that polls it.
pub(super) struct Poller<F, T>(fn(Pin<&mut F>, &mut Context<'_>) -> Polled<T>);

type Polled<T> = Poll<Result<T, BoxError>>;

impl<F, T> Clone for Poller<F, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, T> Copy for Poller<F, T> {}

impl<F, T> Poller<F, T> {
    pub(super) fn new() -> Self
    where
        F: Future<Output = Result<T, BoxError>>,
    {
        Self(F::poll)
    }

    pub(super) fn poll(self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Polled<T> {
        (self.0)(future, cx)
    }

    pub(super) async fn run(self, mut future: Pin<&mut F>) -> Result<T, BoxError> {
        poll_fn(|cx| self.poll(future.as_mut(), cx)).await
    }
}

/// An exit that runs once.
pub(super) struct ExitOnce<X, G> {
    closure: Option<X>,
    run: RunExit<X, G>,
}

/// The last argument states that closure and guard outlive the borrow of the outcome.
type RunExit<X, G> = for<'o> fn(X, G, Outcome<'o>, PhantomData<&'o (X, G)>) -> BoxFuture<'o, Result<(), BoxError>>;

impl<X, G> ExitOnce<X, G> {
    /// Creates an exit from a closure of the guard and the outcome.
    pub(super) fn new(closure: X) -> Self
    where
        for<'o> X: SendExit<G, Outcome<'o>>,
    {
        Self { closure: Some(closure), run: |closure, guard, outcome, _| Box::pin(closure(guard, outcome)) }
    }

    pub(super) async fn run(&mut self, guard: G, outcome: Outcome<'_>) -> Result<(), BoxError> {
        let closure = self.closure.take().ok_or(UsageError::UsedUp)?;
        (self.run)(closure, guard, outcome, PhantomData).await
    }
}

impl<X> ExitOnce<X, ()> {
    /// Creates an exit from a closure of the outcome alone.
    pub(super) fn deferred(closure: X) -> Self
    where
        for<'o> X: SendDefer<Outcome<'o>>,
    {
        Self { closure: Some(closure), run: |closure, (), outcome, _| Box::pin(closure(outcome)) }
    }
}

/// The exit of a resource from closures: an async closure of the guard and the [`Outcome`](crate::Outcome), whose
/// future is `Send`.
///
/// It is implemented for all such closures. Only generic code has to name it: `for<'o> X: SendExit<G, Outcome<'o>>`.
#[diagnostic::on_unimplemented(
    message = "this exit is not `Send`, or is no async closure that takes the guard and the outcome",
    label = "not an `async |guard, outcome| ..` closure that returns `Result<(), BoxError>` and whose \
             future is `Send`",
    note = "write `async |guard, outcome| ..` that ends in `Ok(())`; a `?` in it takes every error that becomes a boxed one",
    note = "a std `MutexGuard` or another value that is not `Send` is dropped before the `.await`",
    note = "what is not `Send` goes into a `LocalResource` and through `local(..)`"
)]
pub trait SendExit<G, O>:
    AsyncFnOnce(G, O) -> Result<(), BoxError> + FnOnce(G, O) -> <Self as SendExit<G, O>>::Fut + Send
{
    /// The future that a call of the exit returns.
    type Fut: Future<Output = Result<(), BoxError>> + Send;
}

#[diagnostic::do_not_recommend]
impl<F, G, O, Fut> SendExit<G, O> for F
where
    F: AsyncFnOnce(G, O) -> Result<(), BoxError> + FnOnce(G, O) -> Fut + Send,
    Fut: Future<Output = Result<(), BoxError>> + Send,
{
    type Fut = Fut;
}

/// The exit of a [`defer`](crate::defer()): an async closure of the [`Outcome`](crate::Outcome) alone, whose future is
/// `Send`.
///
/// It is implemented for all such closures. Only generic code has to name it: `for<'o> X: SendDefer<Outcome<'o>>`.
#[diagnostic::on_unimplemented(
    message = "this deferred exit is not `Send`, or is no async closure that takes the outcome",
    label = "not an `async |outcome| ..` closure that returns `Result<(), BoxError>` and whose \
             future is `Send`",
    note = "write `async |_| ..` that ends in `Ok(())`; a `?` in it takes every error that becomes a boxed one",
    note = "a std `MutexGuard` or another value that is not `Send` is dropped before the `.await`",
    note = "what is not `Send` goes into a `LocalResource` and through `local(..)`"
)]
pub trait SendDefer<O>:
    AsyncFnOnce(O) -> Result<(), BoxError> + FnOnce(O) -> <Self as SendDefer<O>>::Fut + Send
{
    /// The future that a call of the exit returns.
    type Fut: Future<Output = Result<(), BoxError>> + Send;
}

#[diagnostic::do_not_recommend]
impl<F, O, Fut> SendDefer<O> for F
where
    F: AsyncFnOnce(O) -> Result<(), BoxError> + FnOnce(O) -> Fut + Send,
    Fut: Future<Output = Result<(), BoxError>> + Send,
{
    type Fut = Fut;
}
