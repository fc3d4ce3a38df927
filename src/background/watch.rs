use super::working::Working;
use crate::error::{BoxError, Failures, Phase};
use crate::member::{Borrower, EnterContext, ExitContext, Hold, HoldToken, Interruption, MapError};
use crate::resource::Resource;
use crate::unwind::catch;
use crate::work::{Attendance, Work};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;

/// A resource, and a future that ends when the resource has died. Returned by [`watch`](crate::ResourceExt::watch).
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Watch<R, F> {
    resource: R,
    make: F,
    /// Here, and not in a hold, because a resource that is entered by one hold can be exited by another.
    work: Arc<Work>,
}

impl<R, F> Watch<R, F> {
    pub(crate) fn new(resource: R, make: F) -> Self {
        Self { resource, make, work: Work::new() }
    }
}

impl<R: fmt::Debug, F> fmt::Debug for Watch<R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("resource", &self.resource).finish_non_exhaustive()
    }
}

impl<R, F, T> Resource for Watch<R, F>
where
    R: Resource,
    F: FnMut(&mut R::Guard) -> T + Send,
    T: Future<Output: Into<BoxError>> + Send + 'static,
{
    type Guard = R::Guard;
    type Error = BoxError;

    by_hand!();
    delegate_resource!(resource: abandon name);

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = BoxError> {
        let work = Arc::clone(&self.work);
        Held { held: Working::new(self.resource.hold(HoldToken), work), make: &mut self.make }
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = BoxError> {
        Held { held: Working::new(self.resource.into_hold(HoldToken), self.work), make: self.make }
    }
}

struct Held<H, F> {
    held: Working<H>,
    make: F,
}

impl<H, F, T> Hold for Held<H, F>
where
    H: Hold,
    F: FnMut(&mut H::Guard) -> T + Send,
    T: Future<Output: Into<BoxError>> + Send + 'static,
{
    type Guard = H::Guard;
    type Error = BoxError;

    async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        let entered = self.held.enter(entry).await;
        // By hand nobody would poll the future.
        if !entered || entry.is_in_vain() || entry.state().attendance().is_none() {
            return entered;
        }
        let Self { held, make } = self;
        let mut guard = held.take();
        let made = catch(|| make(&mut guard));
        let is_whole = held.put(Some(guard), Borrower::Function);
        match made {
            Ok(future) => held.work().begin(Box::pin(async move { Err(future.await.into()) })),
            Err(panic) => held.own_mut().panic(panic),
        }
        let well = is_whole && held.own_mut().is_empty();
        if !well {
            entry.state().note_failure();
        }
        well
    }

    /// The future is dropped on the first poll: a group can create all exits before the first one begins.
    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        self.held.clear();
        self.held.work().cleared().await;
        self.held.exit(exit).await
    }

    fn interrupt(&mut self, interruption: Interruption) {
        if interruption.abandons() {
            self.held.clear();
        }
        self.held.interrupt(interruption);
    }

    fn attend(&mut self, attendance: &Attendance) {
        self.held.attend(attendance);
    }

    forward_hold!(held: observe take put show abandon is_in name_sets reach name);

    fn failures(&mut self, phase: Phase, map: MapError<'_, BoxError>) -> Failures {
        self.held.failures(phase, map)
    }

    hold_of_boxed!();
}
