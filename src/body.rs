//! The bounds that let a scope be spawned.
//!
//! With a plain `F: AsyncFnOnce(&mut G) -> R`, a scope that is awaited in a spawned task is rejected as soon as the
//! guard's type mentions a lifetime, `&'static str` and `Box<dyn Trait>` included: the compiler cannot prove that the
//! closure's unnamed future is `Send` for every lifetime of the borrow. A trait that names the future as an associated
//! type can state it.
//!
//! There are two traits for the sake of the compiler's messages. The methods that run a scope state the two `Send`s as
//! bounds of their own: then the compiler names the value that is not `Send`, and the `.await` that it is kept across.
//! A sentence of ours would take the place of that.

/// The body of a scope: an async closure, or an `async fn`, that takes the guard.
///
/// It is implemented for all of them. The methods that run a scope require `Fut: Send` beside it; generic code that
/// passes on a caller's body names [`SendBody`], which has both.
#[diagnostic::on_unimplemented(
    message = "the body of this scope is no async closure that takes the guard",
    label = "not an `async |guard| ..` closure",
    note = "the body is one `async |guard| ..` closure, or an `async fn(&mut Guard)`, that returns `Result<T, E>`",
    note = "a body that is a parameter of generic code is bound by \
            `for<'r> F: SendBody<&'r mut R::Guard, Result<T, E>>`"
)]
pub trait AsyncBody<T, R>: AsyncFnOnce(T) -> R + FnOnce(T) -> <Self as AsyncBody<T, R>>::Fut {
    /// The future that a call of the body returns.
    type Fut: Future<Output = R>;
}

#[diagnostic::do_not_recommend]
impl<F, T, R, Fut> AsyncBody<T, R> for F
where
    F: AsyncFnOnce(T) -> R + FnOnce(T) -> Fut,
    Fut: Future<Output = R>,
{
    type Fut = Fut;
}

/// The body of a scope that can be spawned: an [`AsyncBody`] that is `Send`, and whose future is `Send`.
///
/// It is implemented for all of them. Only generic code that passes on a caller's body has to name it:
///
/// ```
/// use withal::{BodyError, Resource, ResourceExt, SendBody};
///
/// async fn logged<R: Resource, T: Send, E: BodyError, F>(resource: R, body: F) -> Result<T, E>
/// where
///     for<'r> F: SendBody<&'r mut R::Guard, Result<T, E>>,
/// {
///     println!("entering");
///     resource.scope(body).await
/// }
/// # futures::executor::block_on(logged((), async |()| anyhow::Ok(()))).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "the body of this scope is not `Send`, or is no async closure that takes the guard",
    label = "not an `async |guard| ..` closure whose future is `Send`",
    note = "the body is one `async |guard| ..` closure, or an `async fn(&mut Guard)`, that returns `Result<T, E>`",
    note = "a body that is a parameter of generic code is bound by \
            `for<'r> F: SendBody<&'r mut R::Guard, Result<T, E>>`"
)]
pub trait SendBody<T, R>: AsyncBody<T, R, Fut: Send> + Send {}

#[diagnostic::do_not_recommend]
impl<F: AsyncBody<T, R, Fut: Send> + Send, T, R> SendBody<T, R> for F {}

/// A body, `Send` or not, as the driver of a scope calls it.
pub(crate) trait Body<G, R> {
    fn call(self, guard: G) -> impl Future<Output = R>;
}

/// A body that may move to another thread.
pub(crate) struct SpawnableBody<F>(pub(crate) F);

impl<G, R, F: AsyncBody<G, R>> Body<G, R> for SpawnableBody<F> {
    fn call(self, guard: G) -> impl Future<Output = R> {
        (self.0)(guard)
    }
}

/// A body that stays on its thread.
pub(crate) struct LocalBody<F>(pub(crate) F);

impl<G, R, F: AsyncFnOnce(G) -> R> Body<G, R> for LocalBody<F> {
    fn call(self, guard: G) -> impl Future<Output = R> {
        (self.0)(guard)
    }
}
