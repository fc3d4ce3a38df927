use super::{Borrower, Convert, Cut, Entry, Exit, Fault, Hold, Uneven};
use crate::call::{Call, Note, Progress};
use crate::error::{Elapsed, Failures, Name, Phase};
use crate::kind::kind_of;
use crate::observe::{MemberObserver, MemberPath, PhaseEnd, SpanGuard};
use crate::outcome::Outcome;
use crate::rare::Rare;
use crate::resource::Resource;
use crate::stamp::Stamp;
use crate::unwind::{Panic, catch};
use alloc::borrow::ToOwned;
use alloc::string::String;
use core::borrow::BorrowMut;

/// A single resource, borrowed or owned, with its guard and its faults.
pub(crate) struct Leaf<R: Resource, P> {
    resource: P,
    guard: Option<R::Guard>,
    state: State<R::Error>,
    /// Whether its name is put before the names of the members that it delegates to.
    adds_name: bool,
}

impl<R: Resource, P: BorrowMut<R>> Leaf<R, P> {
    pub(crate) fn new(resource: P) -> Self {
        Self {
            resource,
            guard: None,
            state: State { faults: Rare::new(), in_flight: None, observer: MemberObserver::default() },
            adds_name: true,
        }
    }

    /// Creates the hold of a resource whose failures are named already.
    pub(crate) fn named_within(resource: P) -> Self {
        Self { adds_name: false, ..Self::new(resource) }
    }

    /// Calls the resource's `name`, which can panic.
    fn ask_name(&self) -> Result<String, Panic> {
        catch(|| self.resource().name().to_owned())
    }

    /// Returns `true` if the name is not that of the type, and is put before other names.
    fn leads(&self, name: &str) -> bool {
        self.adds_name && name != kind_of::<R>()
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

    /// Calls `exit_dropped` if the future of an exit was dropped in flight.
    fn clean_up_exit(&mut self) {
        if self.state.in_flight == Some(Phase::Exit) {
            self.state.in_flight = None;
            if let Err(panic) = catch(|| self.resource_mut().exit_dropped()) {
                self.state.faults.push(Fault::Panic(panic));
            }
        }
    }
}

/// The progress of a call into a resource.
struct State<E> {
    faults: Rare<Fault<E>>,
    in_flight: Option<Phase>,
    observer: MemberObserver,
}

impl<E> State<E> {
    fn begin(&mut self, phase: Phase, outcome: Option<&Outcome<'_>>) {
        self.in_flight = Some(phase);
        self.observer.begin(outcome);
    }

    fn note<T>(&mut self, output: Result<T, E>) -> Option<T> {
        self.observer.note(if output.is_ok() { PhaseEnd::Done } else { PhaseEnd::Failed });
        output.map_err(|error| self.faults.push(Fault::Error(Stamp::now(), error))).ok()
    }

    fn panicked(&mut self, panic: Panic) {
        self.observer.note(PhaseEnd::Panicked);
        self.faults.push(Fault::Panic(panic));
    }

    /// Leaves `in_flight` as it is: `cut` reads it.
    fn dropped(&mut self, phase: Phase) {
        self.observer.end(phase);
    }

    fn end(&mut self) -> bool {
        if let Some(phase) = self.in_flight.take() {
            self.observer.end(phase);
        }
        self.faults.is_empty()
    }
}

struct Entering<'h, 'e, G, E> {
    guard: &'h mut Option<G>,
    state: &'h mut State<E>,
    entry: Entry<'e>,
}

impl<G, E> Progress for Entering<'_, '_, G, E> {
    fn begin(&mut self) {
        self.state.begin(Phase::Enter, None);
    }

    fn enter_span(&self) -> SpanGuard<'_> {
        self.state.observer.enter_span()
    }

    fn panicked(&mut self, panic: Panic) {
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

impl<G, E> Note<Result<G, E>> for Entering<'_, '_, G, E> {
    fn note(&mut self, entered: Result<G, E>) {
        if let Some(guard) = self.state.note(entered) {
            *self.guard = Some(guard);
            self.entry.note_entered();
        }
    }
}

struct Exiting<'h, 'e, E> {
    state: &'h mut State<E>,
    outcome: &'e Outcome<'e>,
}

impl<E> Progress for Exiting<'_, '_, E> {
    fn begin(&mut self) {
        self.state.begin(Phase::Exit, Some(self.outcome));
    }

    fn enter_span(&self) -> SpanGuard<'_> {
        self.state.observer.enter_span()
    }

    fn panicked(&mut self, panic: Panic) {
        self.state.panicked(panic);
    }

    fn dropped(&mut self) {
        self.state.dropped(Phase::Exit);
    }

    fn end(&mut self) -> bool {
        self.state.end()
    }
}

impl<E> Note<Result<(), E>> for Exiting<'_, '_, E> {
    fn note(&mut self, exited: Result<(), E>) {
        self.state.note(exited);
    }
}

impl<R: Resource, P: BorrowMut<R> + Send> Hold for Leaf<R, P> {
    type Guard = R::Guard;
    type Error = R::Error;

    fn enter(&mut self, entry: Entry<'_>) -> impl Future<Output = bool> + Send {
        let Self { resource, guard, state, .. } = self;
        let resource: &mut R = resource.borrow_mut();
        Call::new(Entering { guard, state, entry }, || resource.enter())
    }

    fn exit(&mut self, exit: &Exit<'_>) -> impl Future<Output = bool> + Send {
        let Self { resource, guard, state, .. } = self;
        let resource: &mut R = resource.borrow_mut();
        let exiting = Exiting { state, outcome: &exit.outcome };
        Call::new_if(guard.is_some(), exiting, || resource.exit(guard.take().expect("it is there"), exit.outcome))
    }

    fn observe(&mut self, path: &MemberPath) {
        self.state.observer = MemberObserver::new(path, || self.name());
    }

    fn take(&mut self) -> R::Guard {
        self.guard.take().expect("a guard is taken only after all members entered")
    }

    fn put(&mut self, guard: Option<R::Guard>, by: Borrower) -> bool {
        if guard.is_none() {
            self.state.faults.push(Fault::own(Uneven::Taken(by)));
        }
        self.guard = guard;
        self.guard.is_some()
    }

    fn abandon(&mut self) {
        self.clean_up_exit();
        if let Some(guard) = self.guard.take() {
            let Self { resource, state: State { faults, observer, .. }, .. } = self;
            let abandoned = catch(|| {
                let _entered = observer.abandon();
                resource.borrow_mut().abandon(guard);
            });
            if let Err(panic) = abandoned {
                faults.push(Fault::Panic(panic));
            }
        }
    }

    fn cut(&mut self, cut: Cut) {
        let not_begun = matches!(cut, Cut::ExitLate | Cut::ExitDropped) && self.guard.is_some();
        let in_flight = self.state.in_flight;
        let late = in_flight.filter(|phase| match cut {
            Cut::EnterGivenUp => false,
            Cut::EnterLate => *phase == Phase::Enter,
            Cut::ExitLate | Cut::ExitDropped => *phase == Phase::Exit,
        });
        if let Some(phase) = late.filter(|_| cut != Cut::ExitDropped) {
            self.state.observer.note(PhaseEnd::Late);
            self.state.observer.end(phase);
        } else if in_flight.is_some() {
            self.state.observer.close();
        }
        if late.is_some() || not_begun {
            self.state.faults.push(Fault::own(Elapsed::new()));
        }
        self.clean_up_exit();
        self.state.in_flight = None;
        if not_begun {
            self.abandon();
        }
        if cut == Cut::ExitDropped {
            // The observer is notified by an ancestor.
            self.state.observer = MemberObserver::default();
        }
    }

    fn is_in(&self) -> bool {
        self.guard.is_some()
    }

    /// If `name` panics, that is one more failure.
    fn failures(&mut self, phase: Phase, mut convert: Convert<'_, R::Error>) -> Failures {
        let mut failures = Failures::default();
        if self.state.faults.is_empty() {
            return failures;
        }
        let (given, panic) = match self.ask_name() {
            Ok(name) => (Some(name), None),
            Err(panic) => (None, Some(panic)),
        };
        let name = match given.as_deref() {
            Some(given) if self.leads(given) => Name::Given(given),
            given => Name::OfType(given.unwrap_or(kind_of::<R>())),
        };
        for fault in self.state.faults.take() {
            fault.tell(name, phase, &mut convert, &mut failures);
        }
        if let Some(panic) = panic {
            failures.add_panic(name, phase, panic);
        }
        self.state.observer.explain(phase, &failures);
        failures
    }

    fn name(&self) -> String {
        self.ask_name().unwrap_or_else(|_| kind_of::<R>().to_owned())
    }

    fn add_names(&mut self, phase: Phase, failures: &mut Failures) {
        match self.ask_name() {
            Ok(name) if self.leads(&name) => failures.rename(&name),
            Ok(_) => {}
            Err(panic) => failures.add_panic(Name::OfType(kind_of::<R>()), phase, panic),
        }
    }
}
