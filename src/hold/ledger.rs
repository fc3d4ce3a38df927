use super::Hold;
use crate::error::{BoxError, Failures, Name, Phase, Stamp};
use crate::panic::{Panic, catch};
use crate::resource::{Resource, type_name};
use std::convert::Infallible;
use std::fmt;

/// Collects the failures of one phase, and knows at which place of the tree it is.
#[derive(Debug)]
pub struct Ledger {
    path: Vec<usize>,
    phase: Phase,
    failures: Failures,
}

impl Ledger {
    pub(crate) fn new(phase: Phase) -> Self {
        Self { path: Vec::new(), phase, failures: Failures::default() }
    }

    /// Collects from the member at this place of a group.
    pub(crate) fn member(&mut self, index: usize, hold: &mut impl Hold) {
        self.path.push(index);
        hold.faults(self);
        self.path.pop();
    }

    /// Takes down what a resource did wrong, and what it does wrong while that is put into words.
    pub(super) fn add<R: Resource>(&mut self, resource: &R, fault: Fault<R::Error>) {
        let by_type = type_name::<R>();
        match catch(|| resource.name().to_owned()) {
            Ok(name) if name == by_type => self.add_as(Name::OfType(by_type), fault),
            Ok(name) => self.add_as(Name::Given(&name), fault),
            Err(panic) => {
                self.add_as(Name::OfType(by_type), fault);
                self.failures.add_panic(&self.path, Name::OfType(by_type), self.phase, panic);
            }
        }
    }

    fn add_as<E: Into<BoxError>>(&mut self, name: Name<'_>, fault: Fault<E>) {
        let (path, phase) = (&self.path, self.phase);
        match fault {
            Fault::Error(stamp, error) => match catch(|| error.into()) {
                Ok(error) => self.failures.add(path, name, phase, stamp, error),
                Err(panic) => self.failures.add_panic(path, name, phase, Panic { stamp, ..panic }),
            },
            Fault::Panic(panic) => self.failures.add_panic(path, name, phase, panic),
            Fault::Own(stamp, error) => self.failures.add(path, name, phase, stamp, error),
        }
    }

    pub(crate) fn into_failures(self) -> Failures {
        self.failures
    }
}

/// What went wrong with a member.
pub(super) enum Fault<E> {
    Error(Stamp, E),
    Panic(Panic),
    /// An error of this crate's.
    Own(Stamp, BoxError),
}

impl<E> Fault<E> {
    pub(super) fn own(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Own(Stamp::now(), Box::new(error))
    }
}

/// What a body may do to the guards lent to it that leaves members and guards uneven.
#[derive(Debug)]
pub(crate) enum Uneven {
    Taken,
    Added,
}

impl fmt::Display for Uneven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taken => "the body took its guard away, so there was nothing to exit it with",
            Self::Added => "the body left a guard that belongs to no member; it was dropped",
        })
    }
}

impl std::error::Error for Uneven {}

/// What went wrong at a place that is no resource: a group, an adaptor.
pub(crate) struct Notes {
    name: &'static str,
    faults: Vec<Fault<Infallible>>,
}

impl Notes {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, faults: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    pub(crate) fn panic(&mut self, panic: Panic) {
        self.faults.push(Fault::Panic(panic));
    }

    /// Drops a guard that belongs to no member.
    pub(crate) fn stray<G>(&mut self, guard: G) {
        self.faults.push(Fault::own(Uneven::Added));
        if let Err(panic) = catch(|| drop(guard)) {
            self.panic(panic);
        }
    }

    pub(crate) fn faults(&mut self, to: &mut Ledger) {
        for fault in self.faults.drain(..) {
            to.add_as(Name::OfType(self.name), fault);
        }
    }
}
