//! The drivers that enter and exit the members of a scope: the scope itself, or a task that can outlive it.

use super::body_error::{OwnedOutcome, SharedError};
use crate::error::Failures;
use crate::member::{EnterState, Hold, HoldToken, Root};
use crate::opened::Detach;
use crate::panic_log::PanicLog;
use crate::resource::Resource;
use crate::signal::SignalPair;
use crate::unwind::catch;
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

/// The parts of a scope until its first poll. If it is dropped before that, the body and the signals are dropped first,
/// and then the resource, which can have entered members, is left to the [`OnDrop`] (laws `body-between`, `set-keeps`).
pub(super) struct Unpolled<R: Resource, F: OnDrop<R>, B, S, A> {
    pub(super) resource: Option<R>,
    pub(super) body: Option<B>,
    pub(super) signals: SignalPair<S, A>,
    on_drop: Option<F>,
}

impl<R: Resource, F: OnDrop<R>, B, S, A> Unpolled<R, F, B, S, A> {
    pub(super) fn new(resource: Option<R>, on_drop: F, body: B, signals: SignalPair<S, A>) -> Self {
        Self { resource, body: Some(body), signals, on_drop: Some(on_drop) }
    }

    /// Takes the `OnDrop`, on the first poll of the scope.
    pub(super) fn start(&mut self) -> F {
        self.on_drop.take().expect("a scope starts once")
    }
}

impl<R: Resource, F: OnDrop<R>, B, S, A> Drop for Unpolled<R, F, B, S, A> {
    fn drop(&mut self) {
        if let Some(on_drop) = self.on_drop.take() {
            let panics = PanicLog::new();
            panics.drop(self.body.take());
            panics.drop(self.signals.until.take());
            panics.drop(self.signals.abandon.take());
            if let Some(resource) = self.resource.take() {
                if let Err(panic) = catch(|| on_drop.leave(resource)) {
                    panics.push(panic);
                }
            }
        }
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
