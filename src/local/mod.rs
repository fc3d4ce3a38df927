//! Resources that are not `Send`, kept on their thread.

mod on_thread;
mod stay;

use crate::error::BoxError;
use crate::kind::type_name;
use crate::outcome::Outcome;
use crate::resource::Resource;
use on_thread::OnThread;
use stay::Stay;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A [`Resource`] without `Send`: its guard, its error and its futures may hold an `Rc`.
///
/// [`local`] converts it into a resource. The contract is that of [`Resource`].
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
    /// The value that the body borrows while the resource is entered.
    type Guard;

    /// The error of `enter` and `exit`. It is converted into a boxed error on its thread.
    type Error: Into<BoxError>;

    /// Enters the resource. See [`Resource::enter`].
    ///
    /// # Errors
    ///
    /// Any error that prevents it.
    fn enter(&mut self) -> impl Future<Output = Result<Self::Guard, Self::Error>>;

    /// Exits the resource. See [`Resource::exit`].
    ///
    /// # Errors
    ///
    /// Any error of the exit.
    fn exit(&mut self, guard: Self::Guard, outcome: Outcome<'_>) -> impl Future<Output = Result<(), Self::Error>>;

    /// Cleans up synchronously when `exit` cannot be awaited. See [`Resource::abandon`].
    fn abandon(&mut self, guard: Self::Guard) {
        drop(guard);
    }

    /// Cleans up synchronously after the future of `exit` was dropped. See [`Resource::exit_dropped`].
    fn exit_dropped(&mut self) {}

    /// Returns the name of this member in errors. See [`Resource::name`].
    fn name(&self) -> &str {
        type_name::<Self>()
    }
}

/// Creates a [`Resource`] from one that is not `Send`. It stays on the thread on which `local` is called, which is
/// checked at run time.
///
/// It can be used like any other resource, also in groups with others. Run its scope on that thread: await it in
/// place, or on tokio's `LocalSet`, or on smol's `LocalExecutor`. A body that holds the guard across an `.await` is not
/// `Send` and needs [`scope_local`](crate::ResourceExt::scope_local).
///
/// Put its scope [on](crate::Scope::on) a [`Reaper`](crate::Reaper) only if that spawns on the same thread, for example
/// by `tokio::task::spawn_local` on the `LocalSet`: the members of a dropped scope are exited on the thread of the
/// task. A reaper on another thread compiles, but the member cannot be exited there and fails, with one panic that says
/// what to do.
///
/// # Panics
///
/// `local` itself never panics. The returned resource panics if it is entered, exited, abandoned or dropped on another
/// thread, and so does its guard if it is used or dropped there. The resource, its guard and its futures are leaked
/// then. A scope reports that once. As with every panic, the other members are still exited.
///
/// # Examples
///
/// ```
/// use std::{convert::Infallible, rc::Rc};
/// use tokio::task::{LocalSet, spawn_local};
/// use withal::{LocalResource, Outcome, ResourceExt, local};
///
/// struct Text(Rc<str>);
///
/// impl LocalResource for Text {
///     type Guard = Rc<str>;
///     type Error = Infallible;
///
///     async fn enter(&mut self) -> Result<Rc<str>, Infallible> {
///         Ok(Rc::clone(&self.0))
///     }
///
///     async fn exit(&mut self, _: Rc<str>, _: Outcome<'_>) -> Result<(), Infallible> {
///         Ok(())
///     }
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> anyhow::Result<()> {
///     let scope = local(Text("text".into())).scope_local(async |text| anyhow::Ok(text.len()));
///     let length = LocalSet::new().run_until(async { spawn_local(scope).await }).await??;
///     assert_eq!(length, 4);
///     Ok(())
/// }
/// ```
pub fn local<R: LocalResource>(resource: R) -> Local<R> {
    Local { resource: OnThread::new(resource), is_told: false }
}

/// A resource that stays on its thread. Returned by [`local`].
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Local<R> {
    resource: OnThread<R>,
    /// Whether a panic has reported that it is on another thread, so that its drop does not panic again.
    is_told: bool,
}

impl<R> Local<R> {
    fn get_mut(&mut self) -> (&mut R, &mut bool) {
        self.is_told |= !self.resource.is_here();
        (self.resource.get_mut(), &mut self.is_told)
    }
}

impl<R> Drop for Local<R> {
    fn drop(&mut self) {
        if self.is_told {
            self.resource.leak_elsewhere();
        }
    }
}

impl<R> fmt::Debug for Local<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").field("is_here", &self.resource.is_here()).finish_non_exhaustive()
    }
}

impl<R: LocalResource> Resource for Local<R> {
    type Guard = LocalGuard<R::Guard>;
    type Error = BoxError;

    fn enter(&mut self) -> impl Future<Output = Result<LocalGuard<R::Guard>, BoxError>> + Send {
        let (resource, is_told) = self.get_mut();
        Stay::<R, _, _, _>::new(resource.enter(), |guard| LocalGuard(OnThread::new(guard)), is_told)
    }

    fn exit(
        &mut self,
        guard: LocalGuard<R::Guard>,
        outcome: Outcome<'_>,
    ) -> impl Future<Output = Result<(), BoxError>> + Send {
        let (resource, is_told) = self.get_mut();
        Stay::<R, _, _, _>::new(resource.exit(guard.0.into_inner(), outcome), |()| (), is_told)
    }

    fn abandon(&mut self, guard: LocalGuard<R::Guard>) {
        self.get_mut().0.abandon(guard.0.into_inner());
    }

    /// Does nothing on another thread, where the resource cannot be used. The use there has been reported by then.
    fn exit_dropped(&mut self) {
        if self.resource.is_here() {
            self.get_mut().0.exit_dropped();
        }
    }

    /// Returns the resource's own name, or on another thread, where it cannot be used, the name of its type.
    fn name(&self) -> &str {
        if self.resource.is_here() { self.resource.get().name() } else { type_name::<R>() }
    }
}

/// The guard of a local resource. It derefs to the resource's own guard, on its thread.
///
/// # Panics
///
/// If it is used or dropped on another thread.
#[must_use = "a guard that is dropped cannot be exited"]
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
