use super::{AttemptState, Borrower, EnterContext, ExitContext, Fault, GuardMismatch, Hold, Interruption, MapError};
use crate::catch_unwind::{CallHooks, CatchUnwind, OnOutput};
use crate::error::{Abandoned, Elapsed, Failures, NameKind, Phase};
use crate::kind::kind_of;
use crate::member_future::MemberFuture;
use crate::observe::{MemberObserver, MemberPath, PhaseEnd, Span};
use crate::outcome::Outcome;
use crate::resource::Resource;
use crate::stamp::Stamp;
use crate::thin_vec::ThinVec;
use crate::unwind::{CaughtPanic, catch};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use core::borrow::BorrowMut;

/// A single resource, borrowed or owned, with its guard and its faults.
pub(crate) struct Leaf<R: Resource, P> {
    resource: P,
    guard: Option<R::Guard>,
    state: LeafState<R::Error>,
}

impl<R: Resource, P: BorrowMut<R>> Leaf<R, P> {
    pub(crate) fn new(resource: P) -> Self {
        Self { resource, guard: None, state: LeafState { in_flight: None, adds_name: true, extra: None } }
    }

    /// Creates the hold of a resource whose failures are named already.
    pub(crate) fn named_within(resource: P) -> Self {
        let mut leaf = Self::new(resource);
        leaf.state.adds_name = false;
        leaf
    }

    /// Calls the resource's `name`, which can panic.
    fn ask_name(&self) -> Result<String, CaughtPanic> {
        catch(|| self.resource().name().to_owned())
    }

    /// Returns `true` if the name is not that of the type, and is put before other names.
    fn leads(&self, name: &str) -> bool {
        self.state.adds_name && name != kind_of::<R>()
    }

    pub(crate) fn resource(&self) -> &R {
        self.resource.borrow()
    }

    pub(crate) fn resource_mut(&mut self) -> &mut R {
        self.resource.borrow_mut()
    }

    /// Stores the guard of a resource that counts as entered without an `enter`.
    pub(crate) fn claim(&mut self, guard: Option<R::Guard>) {
        if guard.is_some() {
            self.guard = guard;
        }
    }

    /// Adds failures of the member's own work, which no call has returned.
    pub(crate) fn add_failures(&mut self, phase: Phase, failures: Failures)
    where
        R::Error: From<Failures>,
    {
        if let Some(first) = failures.first() {
            let stamp = first.stamp;
            if let Some(observer) = self.state.observer().filter(|_| phase != Phase::Exit) {
                observer.work_failed(&failures);
            }
            self.state.push(Fault::Error(stamp, failures.into()));
        }
    }

    /// Calls `exit_dropped` if the future of an exit was dropped in flight.
    fn clean_up_exit(&mut self) {
        if self.state.in_flight == Some(Phase::Exit) {
            self.state.in_flight = None;
            if let Err(panic) = catch(|| self.resource_mut().exit_dropped()) {
                self.state.push(Fault::Panic(panic));
            }
        }
    }
}

/// The progress of a call into a resource.
struct LeafState<E> {
    in_flight: Option<Phase>,
    /// Whether its name is put before the names of the members that it delegates to.
    adds_name: bool,
    /// `None` while nothing has failed and nobody looks on, which takes one check of a pointer.
    extra: Option<Box<LeafExtra<E>>>,
}

struct LeafExtra<E> {
    faults: ThinVec<Fault<E>>,
    observer: Option<MemberObserver>,
}

impl<E> LeafState<E> {
    fn begin(&mut self, phase: Phase, outcome: Option<&Outcome<'_>>) {
        self.in_flight = Some(phase);
        if self.extra.is_some() {
            self.begin_observed(outcome);
        }
    }

    #[cold]
    #[inline(never)]
    fn begin_observed(&mut self, outcome: Option<&Outcome<'_>>) {
        if let Some(observer) = self.observer() {
            observer.begin(outcome);
        }
    }

    #[inline]
    fn observer(&mut self) -> Option<&mut MemberObserver> {
        self.extra.as_mut()?.observer.as_mut()
    }

    #[inline]
    fn span(&self) -> Option<&Span> {
        self.extra.as_ref()?.observer.as_ref()?.span()
    }

    #[cold]
    fn extra_mut(&mut self) -> &mut LeafExtra<E> {
        self.extra.get_or_insert_with(|| Box::new(LeafExtra { faults: ThinVec::new(), observer: None }))
    }

    #[cold]
    fn push(&mut self, fault: Fault<E>) {
        self.extra_mut().faults.push(fault);
    }

    fn has_faults(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| !extra.faults.is_empty())
    }

    fn note<T>(&mut self, output: Result<T, E>) -> Option<T> {
        output.map_err(|error| self.returned(error)).ok()
    }

    #[cold]
    #[inline(never)]
    fn returned(&mut self, error: E) {
        self.failed(Fault::Error(Stamp::now(), error), PhaseEnd::Failed);
    }

    #[cold]
    fn failed(&mut self, fault: Fault<E>, end: PhaseEnd) {
        self.push(fault);
        if let Some(observer) = self.observer() {
            observer.note(end);
        }
    }

    #[cold]
    #[inline(never)]
    fn panicked(&mut self, panic: CaughtPanic) {
        self.failed(Fault::Panic(panic), PhaseEnd::Panicked);
    }

    /// Leaves `in_flight` as it is: `interrupt` reads it.
    #[cold]
    #[inline(never)]
    fn dropped(&mut self, phase: Phase) {
        if let Some(observer) = self.observer() {
            observer.note(PhaseEnd::Dropped);
            observer.end(phase);
        }
    }

    fn end(&mut self) -> bool {
        let phase = self.in_flight.take();
        self.extra.as_mut().is_none_or(|extra| extra.end(phase))
    }
}

impl<E> LeafExtra<E> {
    #[cold]
    #[inline(never)]
    fn end(&mut self, phase: Option<Phase>) -> bool {
        if let (Some(observer), Some(phase)) = (&mut self.observer, phase) {
            observer.end(phase);
        }
        self.faults.is_empty()
    }
}

impl<E> Drop for LeafState<E> {
    #[inline]
    fn drop(&mut self) {
        if let Some(extra) = self.extra.take() {
            dispose(extra);
        }
    }
}

#[cold]
fn dispose<T>(extra: T) {
    drop(extra);
}

struct EnterHooks<'h, 'e, G, E> {
    guard: &'h mut Option<G>,
    state: &'h mut LeafState<E>,
    entry: &'e AttemptState<'e>,
}

impl<G, E> CallHooks for EnterHooks<'_, '_, G, E> {
    fn begin(&mut self) {
        self.state.begin(Phase::Enter, None);
    }

    fn span(&self) -> Option<&Span> {
        self.state.span()
    }

    fn panicked(&mut self, panic: CaughtPanic) {
        self.state.panicked(panic);
    }

    fn dropped(&mut self) {
        self.state.dropped(Phase::Enter);
    }

    fn end(&mut self) -> bool {
        let well = self.state.end();
        if !well {
            self.entry.note_failure();
        }
        well
    }
}

impl<G, E> OnOutput<Result<G, E>> for EnterHooks<'_, '_, G, E> {
    fn note(&mut self, entered: Result<G, E>) {
        if let Some(guard) = self.state.note(entered) {
            *self.guard = Some(guard);
            self.entry.note_entered();
        }
    }
}

struct ExitHooks<'h, 'e, E> {
    state: &'h mut LeafState<E>,
    outcome: &'e Outcome<'e>,
}

impl<E> CallHooks for ExitHooks<'_, '_, E> {
    fn begin(&mut self) {
        self.state.begin(Phase::Exit, Some(self.outcome));
    }

    fn span(&self) -> Option<&Span> {
        self.state.span()
    }

    fn panicked(&mut self, panic: CaughtPanic) {
        self.state.panicked(panic);
    }

    fn dropped(&mut self) {
        self.state.dropped(Phase::Exit);
    }

    fn end(&mut self) -> bool {
        self.state.end()
    }
}

impl<E> OnOutput<Result<(), E>> for ExitHooks<'_, '_, E> {
    fn note(&mut self, exited: Result<(), E>) {
        self.state.note(exited);
    }
}

impl<R: Resource, P: BorrowMut<R> + Send> Hold for Leaf<R, P> {
    type Guard = R::Guard;
    type Error = R::Error;

    fn enter(&mut self, entry: EnterContext<'_>) -> impl Future<Output = bool> + Send {
        self.enter_unwind(entry)
    }

    fn exit(&mut self, exit: ExitContext<'_>) -> impl Future<Output = bool> + Send {
        self.exit_unwind(exit)
    }

    fn enter_unwind(&mut self, entry: EnterContext<'_>) -> impl MemberFuture {
        let Self { resource, guard, state, .. } = self;
        let resource: &mut R = resource.borrow_mut();
        CatchUnwind::new(EnterHooks { guard, state, entry: entry.state() }, || resource.enter())
    }

    fn exit_unwind(&mut self, exit: ExitContext<'_>) -> impl MemberFuture {
        let Self { resource, guard, state, .. } = self;
        let resource: &mut R = resource.borrow_mut();
        let outcome = exit.outcome();
        let exiting = ExitHooks { state, outcome };
        CatchUnwind::new_if(guard.is_some(), exiting, || resource.exit(guard.take().expect("it is there"), *outcome))
    }

    fn observe(&mut self, path: &MemberPath) {
        let observer = MemberObserver::new(path, || self.name());
        if observer.is_some() || self.state.extra.is_some() {
            self.state.extra_mut().observer = observer;
        }
    }

    fn take(&mut self) -> R::Guard {
        self.guard.take().expect("a guard is taken only after all members entered")
    }

    fn put(&mut self, guard: Option<R::Guard>, by: Borrower) -> bool {
        if guard.is_none() {
            self.state.push(Fault::own(GuardMismatch::Taken(by)));
        }
        self.guard = guard;
        self.guard.is_some()
    }

    fn abandon(&mut self) {
        self.clean_up_exit();
        if let Some(guard) = self.guard.take() {
            let span = self.state.observer().and_then(|observer| observer.abandon());
            let resource: &mut R = self.resource.borrow_mut();
            let abandoned = catch(|| {
                let _entered = span.map(Span::enter);
                resource.abandon(guard);
            });
            if let Err(panic) = abandoned {
                self.state.push(Fault::Panic(panic));
            }
        }
    }

    fn interrupt(&mut self, interruption: Interruption) {
        let not_begun = interruption.abandons() && self.guard.is_some();
        let in_flight = self.state.in_flight;
        let late = in_flight.filter(|phase| match interruption {
            Interruption::EnterAborted => false,
            Interruption::EnterTimedOut | Interruption::EnterAbandoned => *phase == Phase::Enter,
            Interruption::ExitTimedOut | Interruption::ExitDropped | Interruption::ExitAbandoned => {
                *phase == Phase::Exit
            }
        });
        match (late, interruption) {
            (Some(phase), Interruption::EnterTimedOut | Interruption::ExitTimedOut) => {
                if let Some(observer) = self.state.observer() {
                    observer.note(PhaseEnd::Late);
                    observer.end(phase);
                }
            }
            // The observer received the drop, and receives the failure.
            (Some(_), Interruption::EnterAbandoned | Interruption::ExitAbandoned) => {}
            _ => {
                if let (Some(_), Some(observer)) = (in_flight, self.state.observer()) {
                    observer.close();
                }
            }
        }
        if late.is_some() || not_begun {
            self.state.push(match interruption {
                Interruption::EnterAbandoned => Fault::own(Abandoned::IN_ENTER),
                Interruption::ExitAbandoned if not_begun => Fault::own(Abandoned::UP),
                Interruption::ExitAbandoned => Fault::own(Abandoned::IN_EXIT),
                _ => Fault::own(Elapsed::new()),
            });
        }
        self.clean_up_exit();
        self.state.in_flight = None;
        if not_begun {
            self.abandon();
        }
        if interruption == Interruption::ExitDropped {
            // The observer is notified by an ancestor.
            if let Some(extra) = &mut self.state.extra {
                extra.observer = None;
            }
        }
    }

    fn is_in(&self) -> bool {
        self.guard.is_some()
    }

    /// If `name` panics, that is one more failure.
    fn failures(&mut self, phase: Phase, mut map: MapError<'_, R::Error>) -> Failures {
        let mut failures = Failures::default();
        if !self.state.has_faults() {
            return failures;
        }
        let (given, panic) = match self.ask_name() {
            Ok(name) => (Some(name), None),
            Err(panic) => (None, Some(panic)),
        };
        let name = match given.as_deref() {
            Some(given) if self.leads(given) => NameKind::Given(given),
            given => NameKind::OfType(given.unwrap_or(kind_of::<R>())),
        };
        for fault in self.state.extra_mut().faults.take() {
            fault.tell(name, phase, &mut map, &mut failures);
        }
        if let Some(panic) = panic {
            failures.add_panic(name, phase, panic);
        }
        if let Some(observer) = self.state.observer() {
            observer.explain(phase, &failures);
        }
        failures
    }

    fn name(&self) -> String {
        self.ask_name().unwrap_or_else(|_| kind_of::<R>().to_owned())
    }

    fn add_names(&mut self, phase: Phase, failures: &mut Failures) {
        match self.ask_name() {
            Ok(name) if self.leads(&name) => failures.rename(&name),
            Ok(_) => {}
            Err(panic) => failures.add_panic(NameKind::OfType(kind_of::<R>()), phase, panic),
        }
    }
}
