use super::{Convert, Cut, Entry, Fault, Hold, Uneven};
use crate::call::call;
use crate::error::{Elapsed, Failures, Name, Phase, Stamp};
use crate::outcome::Outcome;
use crate::panic::{Panic, catch};
use crate::rare::Rare;
use crate::resource::{Resource, type_name};

/// A lone resource, the guard that it gave, and what went wrong with it.
pub(crate) struct Leaf<'a, R: Resource> {
    resource: &'a mut R,
    guard: Option<R::Guard>,
    faults: Rare<Fault<R::Error>>,
    in_flight: Option<Phase>,
    /// Whether its name stands before those of what it delegates to.
    adds_name: bool,
}

impl<'a, R: Resource> Leaf<'a, R> {
    pub(crate) fn new(resource: &'a mut R) -> Self {
        Self { resource, guard: None, faults: Rare::new(), in_flight: None, adds_name: true }
    }

    /// Holds one whose failures have their names already.
    pub(crate) fn named_within(resource: &'a mut R) -> Self {
        Self { adds_name: false, ..Self::new(resource) }
    }
}

impl<R: Resource> Hold for Leaf<'_, R> {
    type Guard = R::Guard;
    type Error = R::Error;

    async fn enter(&mut self, entry: Entry<'_>) -> bool {
        let Self { resource, guard, faults, in_flight, .. } = self;
        let note = |entered| match entered {
            Ok(Ok(entered)) => *guard = Some(entered),
            Ok(Err(error)) => faults.push(Fault::Error(Stamp::now(), error)),
            Err(panic) => faults.push(Fault::Panic(panic)),
        };
        *in_flight = Some(Phase::Enter);
        call(|| resource.enter(), note).await;
        *in_flight = None;
        let well = self.faults.is_empty();
        if !well {
            entry.note_failure();
        }
        well
    }

    async fn exit(&mut self, outcome: Outcome<'_>) -> bool {
        let Self { resource, guard, faults, in_flight, .. } = self;
        let note = |exited: Result<_, Panic>| match exited {
            Ok(Ok(())) => {}
            Ok(Err(error)) => faults.push(Fault::Error(Stamp::now(), error)),
            Err(panic) => faults.push(Fault::Panic(panic)),
        };
        if guard.is_some() {
            *in_flight = Some(Phase::Exit);
            call(|| resource.exit(guard.take().expect("it is there"), outcome), note).await;
            *in_flight = None;
        }
        self.faults.is_empty()
    }

    fn take(&mut self) -> R::Guard {
        self.guard.take().expect("a guard is taken only after all members entered")
    }

    fn put(&mut self, guard: Option<R::Guard>) {
        if guard.is_none() {
            self.faults.push(Fault::own(Uneven::Taken));
        }
        self.guard = guard;
    }

    fn abandon(&mut self) {
        if let Some(guard) = self.guard.take() {
            if let Err(panic) = catch(|| self.resource.abandon(guard)) {
                self.faults.push(Fault::Panic(panic));
            }
        }
    }

    fn cut(&mut self, cut: Cut) {
        let not_begun = cut == Cut::ExitLate && self.guard.is_some();
        let late = match (self.in_flight.take(), cut) {
            (Some(Phase::Enter), Cut::EnterLate) | (Some(Phase::Exit), Cut::ExitLate) => true,
            (_, Cut::EnterGivenUp | Cut::EnterLate | Cut::ExitLate) => not_begun,
        };
        if late {
            self.faults.push(Fault::own(Elapsed::new()));
        }
        if not_begun {
            self.abandon();
        }
    }

    /// The name is the user's code, too: a panic in it is one more failure.
    fn failures(&mut self, phase: Phase, mut convert: Convert<'_, R::Error>) -> Failures {
        let mut failures = Failures::default();
        if self.faults.is_empty() {
            return failures;
        }
        let by_type = type_name::<R>();
        let (given, panic) = match catch(|| self.resource.name().to_owned()) {
            Ok(name) => (Some(name), None),
            Err(panic) => (None, Some(panic)),
        };
        let name = match given.as_deref() {
            Some(given) if self.adds_name && given != by_type => Name::Given(given),
            given => Name::OfType(given.unwrap_or(by_type)),
        };
        for fault in self.faults.take() {
            fault.tell(name, phase, &mut convert, &mut failures);
        }
        if let Some(panic) = panic {
            failures.add_panic(name, phase, panic);
        }
        failures
    }
}
