use super::handoff::{Handoff, Lending};
use crate::error::{BoxError, Phase};
use crate::member::boxed_by_hand;
use crate::outcome::OutcomeKind;
use crate::panic_log::{CatchOnDrop, PanicLog};
use crate::resource::Resource;
use crate::unwind::catch;
use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The handle by which the function of [`around`](crate::around) passes its guard to the scope.
#[must_use = "a scope waits until the guard is lent to it"]
pub struct Lend<G> {
    handoff: Arc<Handoff<G>>,
}

impl<G> core::fmt::Debug for Lend<G> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Lend").finish_non_exhaustive()
    }
}

impl<G: Send> Lend<G> {
    pub(super) fn new(handoff: Arc<Handoff<G>>) -> Self {
        Self { handoff }
    }

    /// Passes the guard to the scope, and waits until the resource has to exit. Then returns the guard and the kind of
    /// the scope's outcome.
    ///
    /// The resource counts as entered once the guard is lent. The guard leaves the function, so it cannot borrow from
    /// it. For a guard that borrows from outside the function, as a transaction does from its connection, use
    /// [`resource`](crate::resource()).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the guard is dropped, and the resource fails: to enter if it has not entered, or else
    /// to exit. The resource is abandoned in the same way.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{OutcomeKind, ResourceExt, around};
    ///
    /// # futures::executor::block_on(async {
    /// let counted = around(async |lend| {
    ///     let (count, kind) = lend.lend(0).await;
    ///     assert_eq!((count, kind), (2, OutcomeKind::Completed));
    ///     Ok(())
    /// });
    /// counted
    ///     .scope(async |count| {
    ///         *count += 2;
    ///         anyhow::Ok(())
    ///     })
    ///     .await?;
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    pub async fn lend(self, guard: G) -> (G, OutcomeKind) {
        let (guard, ended) = Lending::new(&self.handoff, guard, drop).run(false).await;
        (guard, ended.kind())
    }

    /// Enters an inner resource, lends its guard until the outer one has to exit, exits the inner one, and returns the
    /// kind of the scope's outcome. The inner resource can borrow from the function's locals. Its guard cannot, because
    /// it leaves the function.
    ///
    /// The inner resource receives the outcome of the scope. The cause in it is opaque, because the function is older
    /// than the error and cannot borrow it: its `Debug` is that of the scope's cause, and its
    /// [`downcast_ref`](crate::Cause::downcast_ref) and [`body`](crate::Cause::body) return `None`. A vote of the inner
    /// resource to [suppress](crate::Cause::suppress) the error counts.
    ///
    /// # Errors
    ///
    /// Those of the inner resource, when it enters or exits. The failures of a group have the names that they have in a
    /// scope.
    ///
    /// # Panics
    ///
    /// If the inner resource panics.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped while the guard is lent, the inner resource is [abandoned](Resource::abandon). If it is
    /// dropped while the inner resource exits, so is that exit, and then
    /// [`exit_dropped`](Resource::exit_dropped) is called.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{ResourceExt, around, resource};
    ///
    /// # futures::executor::block_on(async {
    /// let greeting = around(async |lend| {
    ///     let name = String::from("world");
    ///     let inner = resource(async || Ok(format!("hello, {name}")), async |_, _| Ok(()));
    ///     lend.through(inner).await?; // the inner one borrows the name
    ///     Ok(())
    /// });
    /// assert_eq!(greeting.scope(async |text| anyhow::Ok(text.clone())).await?, "hello, world");
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[expect(
        clippy::manual_async_fn,
        reason = "of an `async fn` the compiler looks into what it holds to see that it is `Send`, and then \
                  knows too little"
    )]
    pub fn through<R>(self, resource: R) -> impl Future<Output = Result<OutcomeKind, BoxError>> + Send
    where
        R: Resource<Guard = G>, // it may borrow from the function; its guard may not
    {
        async move {
            let panics = PanicLog::new();
            let mut resource = Some(resource);
            let mut resource = CatchOnDrop::new(&mut resource, &panics);
            let resource = resource.get().as_mut().expect("it is there until this is dropped");
            let entered = resource.enter().await;
            let guard = entered.map_err(|error| boxed_by_hand(resource, Phase::Enter, error))?;
            let give_up = |guard| resource.abandon(guard);
            let (guard, ended) = Lending::new(&self.handoff, guard, give_up).run(true).await;
            let in_flight = AtomicBool::new(false);
            let exiting = ExitGuard { resource, in_flight: &in_flight, panics: &panics };
            let exited = {
                let mut exit = pin!(exiting.resource.exit(guard, ended.outcome()));
                poll_fn(|cx| {
                    in_flight.store(false, Relaxed); // if the exit panics, it was not dropped
                    let polled = exit.as_mut().poll(cx);
                    in_flight.store(polled.is_pending(), Relaxed);
                    polled
                })
                .await
            };
            let exited = exited.map_err(|error| boxed_by_hand(exiting.resource, Phase::Exit, error));
            self.handoff.note_vote(&ended);
            exited.map(|()| ended.kind())
        }
    }
}

/// Calls `exit_dropped` of the inner resource if its exit is dropped in flight.
struct ExitGuard<'r, R: Resource> {
    resource: &'r mut R,
    in_flight: &'r AtomicBool,
    panics: &'r PanicLog,
}

impl<R: Resource> Drop for ExitGuard<'_, R> {
    fn drop(&mut self) {
        if self.in_flight.load(Relaxed) {
            if let Err(panic) = catch(|| self.resource.exit_dropped()) {
                self.panics.push(panic);
            }
        }
    }
}
