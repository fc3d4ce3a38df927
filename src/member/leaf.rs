use super::leaf_state::{EnterHooks, ExitHooks, LeafState};
use super::{Borrower, EnterContext, ExitContext, Fault, GuardMismatch, Hold, Interruption, MapError};
use crate::catch_unwind::CatchUnwind;
use crate::error::{Abandoned, Elapsed, Failures, NameKind, Phase};
use crate::kind::kind_of;
use crate::member_future::MemberFuture;
use crate::observe::{MemberObserver, MemberPath, PhaseEnd, Span};
use crate::resource::Resource;
use crate::unwind::{CaughtPanic, catch};
use alloc::borrow::ToOwned;
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
