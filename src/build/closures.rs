//! Closures that are told an outcome.
//!
//! The bounds name the closure's future, for the reason that stands at the body of a scope. Beyond that, what is made
//! from closures boxes them, and its type says nothing of them: where such a resource is part of a future that is
//! spawned, the compiler would have to see that the closures' errors live long enough, and cannot.

use crate::error::BoxError;
use crate::outcome::Outcome;
use async_trait::async_trait;
use futures::future::BoxFuture;

/// A closure that can be called once and gives a boxed future.
pub(super) type Call<'a, A, T> = Box<dyn FnOnce(A) -> BoxFuture<'a, Result<T, BoxError>> + Send + 'a>;

/// An exit that can be run once.
#[async_trait]
pub(super) trait Exit<G>: Send {
    async fn run(self: Box<Self>, guard: G, outcome: Outcome<'_>) -> Result<(), BoxError>
    where
        G: 'async_trait;
}

/// An exit of guard and outcome.
pub(super) struct OfBoth<X>(pub(super) X);

#[async_trait]
impl<G: Send, X> Exit<G> for OfBoth<X>
where
    for<'o> X: SendExit<G, Outcome<'o>>,
{
    async fn run(self: Box<Self>, guard: G, outcome: Outcome<'_>) -> Result<(), BoxError>
    where
        G: 'async_trait,
    {
        (self.0)(guard, outcome).await
    }
}

/// An exit of the outcome alone.
pub(super) struct OfOutcome<X>(pub(super) X);

#[async_trait]
impl<X> Exit<()> for OfOutcome<X>
where
    for<'o> X: SendDefer<Outcome<'o>>,
{
    async fn run(self: Box<Self>, (): (), outcome: Outcome<'_>) -> Result<(), BoxError> {
        (self.0)(outcome).await
    }
}

/// The exit of a resource that is made from closures: an async closure of the guard and the
/// [`Outcome`](crate::Outcome), whose future is `Send`.
///
/// It is implemented for all of them. Only generic code has to name it: `for<'o> X: SendExit<G, Outcome<'o>>`.
#[diagnostic::on_unimplemented(
    message = "this exit is not `Send`, or is no async closure that takes the guard and the outcome",
    label = "not an `async |guard, outcome| ..` closure that returns `Result<(), BoxError>` and whose future is `Send`",
    note = "write `async |guard, outcome| ..` that ends in `Ok(())`; a `?` in it takes every error that becomes a boxed one",
    note = "what is not `Send` goes into a `LocalResource` and through `local(..)`"
)]
pub trait SendExit<G, O>:
    AsyncFnOnce(G, O) -> Result<(), BoxError> + FnOnce(G, O) -> <Self as SendExit<G, O>>::Fut + Send
{
    /// What the exit returns when it is called.
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
/// It is implemented for all of them. Only generic code has to name it: `for<'o> X: SendDefer<Outcome<'o>>`.
#[diagnostic::on_unimplemented(
    message = "this deferred exit is not `Send`, or is no async closure that takes the outcome",
    label = "not an `async |outcome| ..` closure that returns `Result<(), BoxError>` and whose future is `Send`",
    note = "write `async |_| ..` that ends in `Ok(())`; a `?` in it takes every error that becomes a boxed one"
)]
pub trait SendDefer<O>:
    AsyncFnOnce(O) -> Result<(), BoxError> + FnOnce(O) -> <Self as SendDefer<O>>::Fut + Send
{
    /// What the exit returns when it is called.
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
