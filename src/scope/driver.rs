//! The drivers that enter and exit the members of a scope: the scope itself, or a task that can outlive it.

use super::body_error::{OwnedOutcome, SharedError};
use crate::error::Failures;
use crate::member::{EnterState, Hold, HoldToken, Root};
use crate::opened::Detach;
use crate::panic_log::PanicLog;
use crate::resource::Resource;
use alloc::boxed::Box;
use core::ops::Deref;

/// Decides what happens to a scope's members when its future is dropped: they are [abandoned](Abandon), or a
/// [`Reaper`](crate::Reaper) exits them.
///
/// It is implemented by this crate alone.
pub trait OnDrop<R: Resource>: sealed::Sealed + Send + Sized {
    #[doc(hidden)]
    fn driver<'r, X: SharedError>(
        self,
        resource: &'r mut Option<R>,
        state: &'r EnterState,
        panics: &'r PanicLog,
    ) -> impl Driver<Guard = R::Guard, Error = X>;

    /// Returns what exits the members of an [`Opened`](crate::Opened) that is dropped, or `None` if they are abandoned.
    #[doc(hidden)]
    fn detach(self) -> Option<Box<dyn Detach<R>>> {
        None
    }

    /// Takes a resource whose scope was dropped before its first poll.
    #[doc(hidden)]
    fn leave(self, resource: R) {
        drop(resource);
    }
}

pub(crate) mod sealed {
    #[expect(unnameable_types, reason = "what nobody can name, nobody can implement")]
    pub trait Sealed {}
}

/// The driver of a scope's members. On drop, unfinished members are left to the [`OnDrop`].
pub trait Driver: Send {
    /// The resource's guard.
    type Guard: Send;
    /// The body's error, as the exits receive it.
    type Error: SharedError;
    /// Access to the state of the enter while it runs.
    type Entering: Deref<Target = EnterState> + Send + Sync;

    /// Returns access to the state of the enter, to cancel it.
    fn entering(&self) -> Self::Entering;
    /// Enters all members. Resolves to what [`entered`](Self::entered) needs.
    fn enter(&mut self) -> impl Future<Output = bool> + Send;
    /// Records the end of the enter. Returns `true` if all members entered.
    fn entered(&mut self, well: bool) -> bool {
        well
    }
    /// Takes the guard, after an enter that returned `true`.
    fn take(&mut self) -> Self::Guard;
    /// Puts the guard back.
    fn put(&mut self, guard: Option<Self::Guard>);
    /// Exits the members that entered. The body's error may be moved away meanwhile; it is back when this has ended.
    fn exit(
        &mut self,
        outcome: OwnedOutcome,
        error: Option<&mut Option<Self::Error>>,
    ) -> impl Future<Output = ()> + Send;
    /// Takes the failures.
    fn take_failures(&mut self) -> Failures;
}

/// Abandons the members of a scope that is dropped: the default, without a [`Reaper`](crate::Reaper).
#[derive(Clone, Copy, Debug, Default)]
pub struct Abandon;

impl sealed::Sealed for Abandon {}

impl<R: Resource> OnDrop<R> for Abandon {
    fn driver<'r, X: SharedError>(
        self,
        resource: &'r mut Option<R>,
        state: &'r EnterState,
        panics: &'r PanicLog,
    ) -> impl Driver<Guard = R::Guard, Error = X> {
        let resource = resource.as_mut().expect("a scope starts with its resource");
        let root = Root::new(resource.hold(HoldToken), state, panics);
        Inline { root, error: core::marker::PhantomData }
    }
}

/// Drives the members within the scope's future.
struct Inline<'r, H: Hold, X> {
    root: Root<'r, H>,
    error: core::marker::PhantomData<fn() -> X>,
}

impl<'r, H: Hold, X: SharedError> Driver for Inline<'r, H, X> {
    type Guard = H::Guard;
    type Error = X;
    type Entering = &'r EnterState;

    fn entering(&self) -> &'r EnterState {
        self.root.state()
    }

    fn enter(&mut self) -> impl Future<Output = bool> + Send {
        self.root.enter()
    }

    fn entered(&mut self, well: bool) -> bool {
        self.root.entered(well)
    }

    fn take(&mut self) -> H::Guard {
        self.root.take()
    }

    fn put(&mut self, guard: Option<H::Guard>) {
        self.root.put(guard);
    }

    fn exit(&mut self, outcome: OwnedOutcome, error: Option<&mut Option<X>>) -> impl Future<Output = ()> + Send {
        self.root.exit(outcome.with(error.and_then(|error| error.as_ref())))
    }

    fn take_failures(&mut self) -> Failures {
        self.root.take_failures()
    }
}
