//! Who enters and exits the members of a scope: the scope itself, or a task that can outlive it.

use super::verdict::{Told, Verdict};
use crate::error::Failures;
use crate::hold::{EntryState, Hold, Root};
use crate::observe::Watch;
use crate::panic::Panics;
use crate::resource::Resource;
use crate::unwind::catch;
use core::ops::Deref;

/// Decides what becomes of a scope's members when its future is dropped: they are [abandoned](Abandon), or a
/// [`Reaper`](crate::Reaper) exits them.
///
/// It is implemented by this crate alone.
pub trait OnDrop<R: Resource>: sealed::Sealed + Send + Sized {
    #[doc(hidden)]
    fn crew<'r, X: Told>(
        self,
        resource: &'r mut Option<R>,
        state: &'r EntryState,
        panics: &'r Panics,
        watch: &Watch,
    ) -> impl Crew<Guard = R::Guard, Told = X>;

    /// Takes over a resource whose scope was dropped before it was polled.
    #[doc(hidden)]
    fn leave(self, resource: R) {
        drop(resource);
    }
}

/// What a scope is made of until it is polled. If it is dropped before that, all else is gone when what is in from the
/// start is left to the [`OnDrop`] (laws `body-between`, `set-keeps`).
pub(super) struct Unpolled<R: Resource, F: OnDrop<R>, B, S> {
    pub(super) resource: Option<R>,
    pub(super) body: Option<B>,
    pub(super) signal: Option<S>,
    on_drop: Option<F>,
}

impl<R: Resource, F: OnDrop<R>, B, S> Unpolled<R, F, B, S> {
    pub(super) fn new(resource: Option<R>, on_drop: F, body: B, signal: Option<S>) -> Self {
        Self { resource, body: Some(body), signal, on_drop: Some(on_drop) }
    }

    /// Takes the `OnDrop`: the scope is polled.
    pub(super) fn start(&mut self) -> F {
        self.on_drop.take().expect("a scope starts once")
    }
}

impl<R: Resource, F: OnDrop<R>, B, S> Drop for Unpolled<R, F, B, S> {
    fn drop(&mut self) {
        if let Some(on_drop) = self.on_drop.take() {
            let panics = Panics::new();
            panics.drop(self.body.take());
            panics.drop(self.signal.take());
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

/// The hands of a scope. When they are dropped, what is unfinished is left to the [`OnDrop`].
pub trait Crew: Send {
    /// That of the resource.
    type Guard: Send;
    /// What exits are told of the body's error.
    type Told: Told;
    /// A hand on the members while they are entered.
    type Entering: Deref<Target = EntryState> + Send + Sync;

    /// What can be told to a crew that is entering.
    fn entering(&self) -> Self::Entering;
    /// Enters all; true when all are in.
    fn enter(&mut self) -> impl Future<Output = bool> + Send;
    /// Takes the guard out, after an enter that gave true.
    fn take(&mut self) -> Self::Guard;
    /// Puts the guard back.
    fn put(&mut self, guard: Option<Self::Guard>);
    /// Exits all that entered. The body's error is there when this has ended, but may be elsewhere in between.
    fn exit(&mut self, verdict: Verdict, told: Option<&mut Option<Self::Told>>) -> impl Future<Output = ()> + Send;
    /// Returns what went wrong.
    fn take_failures(&mut self) -> Failures;
}

/// Abandons the members of a scope that is dropped: what happens without a [`Reaper`](crate::Reaper).
#[derive(Clone, Copy, Debug, Default)]
pub struct Abandon;

impl sealed::Sealed for Abandon {}

impl<R: Resource> OnDrop<R> for Abandon {
    fn crew<'r, X: Told>(
        self,
        resource: &'r mut Option<R>,
        state: &'r EntryState,
        panics: &'r Panics,
        watch: &Watch,
    ) -> impl Crew<Guard = R::Guard, Told = X> {
        let resource = resource.as_mut().expect("a scope starts with its resource");
        let mut root = Root::new(resource.hold(), state, panics);
        root.watch(watch);
        Inline { root, told: core::marker::PhantomData }
    }
}

/// The scope does it itself.
struct Inline<'r, H: Hold, X> {
    root: Root<'r, H>,
    told: core::marker::PhantomData<fn() -> X>,
}

impl<'r, H: Hold, X: Told> Crew for Inline<'r, H, X> {
    type Guard = H::Guard;
    type Told = X;
    type Entering = &'r EntryState;

    fn entering(&self) -> &'r EntryState {
        self.root.state()
    }

    fn enter(&mut self) -> impl Future<Output = bool> + Send {
        self.root.enter()
    }

    fn take(&mut self) -> H::Guard {
        self.root.take()
    }

    fn put(&mut self, guard: Option<H::Guard>) {
        self.root.put(guard);
    }

    fn exit(&mut self, verdict: Verdict, told: Option<&mut Option<X>>) -> impl Future<Output = ()> + Send {
        self.root.exit(verdict.outcome(told.and_then(|told| told.as_ref())))
    }

    fn take_failures(&mut self) -> Failures {
        self.root.take_failures()
    }
}
