//! The bounds on closures that are told an outcome. Each names the closure's future, for the reason that stands at the
//! body of a scope: so what is made from them can be spawned.

use crate::error::BoxError;

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
