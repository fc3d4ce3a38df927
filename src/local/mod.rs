//! Resources that are not `Send`, kept on their thread.

mod on_thread;

use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::resource::{Resource, type_name};
use on_thread::OnThread;
use std::boxed::Box;
use std::fmt;
use std::future::poll_fn;
use std::ops::{Deref, DerefMut};

/// Is a [`Resource`] without `Send`: its guard, its error and its futures may hold an `Rc`.
///
/// [`local`] makes a resource of it. The contract is that of [`Resource`].
///
/// # Examples
///
/// ```
/// use std::{cell::Cell, convert::Infallible, rc::Rc};
/// use withal::{LocalResource, Outcome, ResourceExt, local};
///
/// struct Count(Rc<Cell<u32>>);
///
/// impl LocalResource for Count {
///     type Guard = Rc<Cell<u32>>;
///     type Error = Infallible;
///
///     async fn enter(&mut self) -> Result<Rc<Cell<u32>>, Infallible> {
///         self.0.set(self.0.get() + 1);
///         Ok(Rc::clone(&self.0))
///     }
///
///     async fn exit(&mut self, guard: Rc<Cell<u32>>, _: Outcome<'_>) -> Result<(), Infallible> {
///         guard.set(guard.get() - 1);
///         Ok(())
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let count = Rc::new(Cell::new(0));
/// let two = (local(Count(count.clone())), local(Count(count.clone())))
///     .scope_local(async |(a, _b)| anyhow::Ok(a.get()))
///     .await?;
/// assert_eq!((two, count.get()), (2, 0));
/// # anyhow::Ok(()) }).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no local resource",
    label = "not a `withal::LocalResource`",
    note = "implement `withal::LocalResource` for it; a `withal::Resource` needs no `local(..)`"
)]
pub trait LocalResource: Sized {
    /// What the body works with while the resource is entered.
    type Guard;

    /// What can go wrong. It becomes a boxed error on its thread.
    type Error: Into<BoxError>;

    /// Brings the resource up. See [`Resource::enter`].
    ///
    /// # Errors
    ///
    /// Whatever keeps it from coming up.
    fn enter(&mut self) -> impl Future<Output = Result<Self::Guard, Self::Error>>;

    /// Takes the resource down. See [`Resource::exit`].
    ///
    /// # Errors
    ///
    /// Whatever went wrong.
    fn exit(&mut self, guard: Self::Guard, outcome: Outcome<'_>) -> impl Future<Output = Result<(), Self::Error>>;

    /// Does what can be done at once when nothing can be awaited. See [`Resource::abandon`].
    fn abandon(&mut self, guard: Self::Guard) {
        drop(guard);
    }

    /// Does what can be done at once where an exit was cut. See [`Resource::exit_dropped`].
    fn exit_dropped(&mut self) {}

    /// Names this member in errors. See [`Resource::name`].
    fn name(&self) -> &str {
        type_name::<Self>()
    }
}

/// Makes a [`Resource`] of one that is not `Send`. It stays on the thread on which this is called, and that is checked.
///
/// So it goes wherever a resource goes, also into groups with others. Its scope is run on that thread: awaited in place,
/// or on tokio's `LocalSet`, or on smol's `LocalExecutor`. A body that works with the guard across an `.await` is not
/// `Send`: it is for [`scope_local`](crate::ResourceExt::scope_local).
///
/// # Panics
///
/// This does not. What is made of it panics when it is entered, exited, looked at or dropped on another thread; the value
/// itself is then not touched, and never dropped. As with every panic, the other members are exited all the same.
///
/// # Examples
///
/// ```
/// # use std::{convert::Infallible, rc::Rc};
/// # use withal::{LocalResource, Outcome};
/// use withal::{ResourceExt, local};
///
/// # struct Shared(Rc<str>);
/// # impl LocalResource for Shared {
/// #     type Guard = Rc<str>;
/// #     type Error = Infallible;
/// #     async fn enter(&mut self) -> Result<Rc<str>, Infallible> { Ok(self.0.clone()) }
/// #     async fn exit(&mut self, _: Rc<str>, _: Outcome<'_>) -> Result<(), Infallible> { Ok(()) }
/// # }
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// let tasks = tokio::task::LocalSet::new();
/// tasks.block_on(&runtime, async {
///     let scope = local(Shared("text".into())).scope_local(async |text| anyhow::Ok(text.len()));
///     assert_eq!(tokio::task::spawn_local(scope).await??, 4);
///     anyhow::Ok(())
/// })
/// # .unwrap();
/// ```
pub fn local<R: LocalResource>(resource: R) -> Local<R> {
    Local(OnThread::new(resource))
}

/// Is a resource that stays on its thread. Made by [`local`].
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Local<R>(OnThread<R>);

impl<R> fmt::Debug for Local<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("is_here", &self.0.is_here()).finish_non_exhaustive()
    }
}

impl<R: LocalResource> Resource for Local<R> {
    type Guard = LocalGuard<R::Guard>;
    type Error = BoxError;

    fn enter(&mut self) -> impl Future<Output = Result<LocalGuard<R::Guard>, BoxError>> + Send {
        stay(self.0.get_mut().enter(), |guard| LocalGuard(OnThread::new(guard)))
    }

    fn exit(
        &mut self,
        guard: LocalGuard<R::Guard>,
        outcome: Outcome<'_>,
    ) -> impl Future<Output = Result<(), BoxError>> + Send {
        stay(self.0.get_mut().exit(guard.0.into_inner(), outcome), |()| ())
    }

    fn abandon(&mut self, guard: LocalGuard<R::Guard>) {
        self.0.get_mut().abandon(guard.0.into_inner());
    }

    /// On another thread there is nothing to do it with; that the exit was dropped there is told by then.
    fn exit_dropped(&mut self) {
        if self.0.is_here() {
            self.0.get_mut().exit_dropped();
        }
    }

    fn name(&self) -> &str {
        self.0.get().name()
    }
}

/// Polls a future on the thread on which it was made. What comes out is wrapped before it can leave.
fn stay<T, U, E: Into<BoxError>>(
    future: impl Future<Output = Result<T, E>>,
    wrap: fn(T) -> U,
) -> impl Future<Output = Result<U, BoxError>> + Send {
    let mut future = OnThread::new(Box::pin(future));
    async move { poll_fn(|cx| future.get_mut().as_mut().poll(cx).map(|done| done.map(wrap).map_err(Into::into))).await }
}

/// Lends the guard of a local resource, on its thread.
///
/// # Panics
///
/// If it is looked at or dropped on another thread.
pub struct LocalGuard<G>(OnThread<G>);

impl<G> Deref for LocalGuard<G> {
    type Target = G;

    fn deref(&self) -> &G {
        self.0.get()
    }
}

impl<G> DerefMut for LocalGuard<G> {
    fn deref_mut(&mut self) -> &mut G {
        self.0.get_mut()
    }
}

impl<G: fmt::Debug> fmt::Debug for LocalGuard<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_here() {
            f.debug_tuple("LocalGuard").field(&**self).finish()
        } else {
            f.debug_struct("LocalGuard").finish_non_exhaustive()
        }
    }
}
