use crate::catch_unwind::{CallHooks, CatchUnwind, OnOutput};
use crate::error::{Abandoned, BoxError, Elapsed, Failures, NameKind, Phase};
use crate::group::{Group, sealed};
use crate::member::{Borrower, EnterContext, Fault, Hold, HoldToken, Interruption, MapError, boxed};
use crate::observe::Span;
use crate::resource::Resource;
use crate::stamp::Stamp;
use crate::thin_vec::ThinVec;
use crate::unwind::CaughtPanic;
use alloc::boxed::Box;
use core::borrow::BorrowMut;
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::mem::replace;
use futures::future::BoxFuture;

/// Runs a check as the last part of an enter. Returned by [`ready_when`](crate::ResourceExt::ready_when).
#[derive(Clone)]
#[must_use = "a resource does nothing until a scope enters it"]
pub struct ReadyWhen<R, C> {
    resource: R,
    check: C,
}

impl<R, C> ReadyWhen<R, C> {
    pub(super) fn new(resource: R, check: C) -> Self {
        Self { resource, check }
    }
}

impl<R: fmt::Debug, C> fmt::Debug for ReadyWhen<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyWhen").field("resource", &self.resource).finish_non_exhaustive()
    }
}

/// The check of [`ready_when`](crate::ResourceExt::ready_when): an async closure that borrows the guard and can be
/// cloned, and whose future is `Send`.
///
/// It is implemented for all of them. Only generic code that passes on a caller's check has to name it.
#[diagnostic::on_unimplemented(
    message = "this check is not `Send`, or is no async closure that borrows the guard and can be cloned",
    label = "not an `async |guard| ..` closure that returns `Result<(), BoxError>`, is `Clone` and \
             whose future is `Send`",
    note = "write `async |guard| ..` that ends in `Ok(())`; a `?` in it takes every error that becomes a boxed one",
    note = "a std `MutexGuard` or another value that is not `Send` is dropped before the `.await`",
    note = "it is cloned for each enter: capture shared references and clones, and no `&mut`"
)]
pub trait SendCheck<G>:
    AsyncFnOnce(G) -> Result<(), BoxError> + FnOnce(G) -> <Self as SendCheck<G>>::Fut + Clone + Send
{
    /// The future that a call of the check returns.
    type Fut: Future<Output = Result<(), BoxError>> + Send;
}

#[diagnostic::do_not_recommend]
impl<F, G, Fut> SendCheck<G> for F
where
    F: AsyncFnOnce(G) -> Result<(), BoxError> + FnOnce(G) -> Fut + Clone + Send,
    Fut: Future<Output = Result<(), BoxError>> + Send,
{
    type Fut = Fut;
}

impl<R: Resource, C> Resource for ReadyWhen<R, C>
where
    for<'g> C: SendCheck<&'g mut R::Guard>,
{
    type Guard = R::Guard;
    type Error = BoxError;

    by_hand!();
    delegate_resource!(resource: abandon name);

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = BoxError> {
        Held::<_, _, C>::new(self.resource.hold(HoldToken), &mut self.check)
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = BoxError> {
        Held::<_, _, C>::new(self.resource.into_hold(HoldToken), self.check)
    }
}

impl<G: Group, C> sealed::Sealed for ReadyWhen<G, C> where for<'g> C: SendCheck<&'g mut G::Guard> {}
impl<G: Group, C> Group for ReadyWhen<G, C> where for<'g> C: SendCheck<&'g mut G::Guard> {}

struct Held<H, K, C> {
    hold: H,
    check: K,
    progress: Progress,
    of: PhantomData<fn() -> C>,
}

/// The progress of the check, and its failures.
#[derive(Default)]
struct Progress {
    is_in_flight: bool,
    faults: ThinVec<Fault<BoxError>>,
}

impl CallHooks for &mut Progress {
    fn begin(&mut self) {
        self.is_in_flight = true;
    }

    fn span(&self) -> Option<&Span> {
        None
    }

    fn panicked(&mut self, panic: CaughtPanic) {
        self.faults.push(Fault::Panic(panic));
    }

    /// Leaves `is_in_flight` as it is: `interrupt` reads it.
    fn dropped(&mut self) {}

    fn end(&mut self) -> bool {
        self.is_in_flight = false;
        self.faults.is_empty()
    }
}

impl OnOutput<Result<(), BoxError>> for &mut Progress {
    fn note(&mut self, checked: Result<(), BoxError>) {
        if let Err(error) = checked {
            self.faults.push(Fault::Error(Stamp::now(), error));
        }
    }
}

impl<H: Hold, K, C> Held<H, K, C> {
    fn new(hold: H, check: K) -> Self {
        Self { hold, check, progress: Progress::default(), of: PhantomData }
    }
}

impl<H, K, C> Hold for Held<H, K, C>
where
    H: Hold,
    K: BorrowMut<C> + Send,
    for<'g> C: SendCheck<&'g mut H::Guard>,
{
    type Guard = H::Guard;
    type Error = BoxError;

    async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        let Self { hold, check, progress, .. } = self;
        let entered = hold.enter(entry).await;
        if !entered || entry.is_in_vain() {
            return entered;
        }
        let mut loan = GuardLoan::new(hold);
        let is_ready = {
            let (guard, check) = (loan.guard.as_mut().expect("it is there until the end"), check.borrow_mut());
            // Boxed, because the compiler cannot prove that the future of an enter is `Send` if it holds this one.
            CatchUnwind::new(progress, move || -> BoxFuture<'_, _> { Box::pin(check.clone()(guard)) }).await
        };
        let well = loan.end() && is_ready;
        if !well {
            entry.state().note_failure();
        }
        well
    }

    fn interrupt(&mut self, interruption: Interruption) {
        let is_in_flight = replace(&mut self.progress.is_in_flight, false);
        match interruption {
            Interruption::EnterTimedOut if is_in_flight => self.progress.faults.push(Fault::own(Elapsed::new())),
            Interruption::EnterAbandoned if is_in_flight => self.progress.faults.push(Fault::own(Abandoned::IN_ENTER)),
            _ => {}
        }
        self.hold.interrupt(interruption);
    }

    forward_hold!(hold: attend observe exit take put show abandon is_in name_sets reach name);
    hold_of_boxed!();

    fn failures(&mut self, phase: Phase, mut map: MapError<'_, BoxError>) -> Failures {
        let mut all = Failures::default();
        for fault in self.progress.faults.take() {
            fault.tell(NameKind::OfType(&self.hold.name()), phase, &mut map, &mut all);
        }
        all.append(boxed(&mut self.hold, phase, map));
        all
    }
}

/// The guard while the check borrows it. On drop, it returns to its hold.
struct GuardLoan<'h, H: Hold> {
    hold: &'h mut H,
    guard: Option<H::Guard>,
}

impl<'h, H: Hold> GuardLoan<'h, H> {
    fn new(hold: &'h mut H) -> Self {
        let guard = Some(hold.take());
        Self { hold, guard }
    }

    /// Returns the guard. Returns `false` if the check has taken away a part of it.
    fn end(mut self) -> bool {
        self.hold.put(self.guard.take(), Borrower::Check)
    }
}

impl<H: Hold> Drop for GuardLoan<'_, H> {
    fn drop(&mut self) {
        if self.guard.is_some() {
            self.hold.put(self.guard.take(), Borrower::Check);
        }
    }
}
