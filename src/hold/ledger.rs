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
    pub(super) fn add<R: Resource + ?Sized>(&mut self, resource: &R, fault: Fault<R::Error>) {
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
            Fault::Uneven(stamp, uneven) => self.failures.add(path, name, phase, stamp, Box::new(uneven)),
        }
    }

    pub(crate) fn into_failures(self) -> Failures {
        self.failures
    }
}

/// What went wrong in a call to a resource.
pub(super) enum Fault<E> {
    Error(Stamp, E),
    Panic(Panic),
    Uneven(Stamp, Uneven),
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

/// Drops the guards that belong to no member, and keeps account of them.
pub(crate) struct Strays {
    name: &'static str,
    faults: Vec<Fault<Infallible>>,
}

impl Strays {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, faults: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    pub(crate) fn drop<G>(&mut self, guard: G) {
        self.faults.push(Fault::Uneven(Stamp::now(), Uneven::Added));
        if let Err(panic) = catch(|| drop(guard)) {
            self.faults.push(Fault::Panic(panic));
        }
    }

    pub(crate) fn faults(&mut self, to: &mut Ledger) {
        for fault in self.faults.drain(..) {
            to.add_as(Name::OfType(self.name), fault);
        }
    }
}
