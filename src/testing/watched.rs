use super::event::Event;
use super::ledger::{Ledger, PhaseRecord};
use crate::outcome::Outcome;
use crate::resource::Resource;

/// A resource whose events are recorded. Returned by [`Ledger::watch`].
#[derive(Debug)]
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Watched<R> {
    id: usize,
    resource: R,
    ledger: Ledger,
}

impl<R> Watched<R> {
    pub(super) fn new(id: usize, resource: R, ledger: Ledger) -> Self {
        Self { id, resource, ledger }
    }
}

impl<R: Resource> Resource for Watched<R> {
    type Guard = R::Guard;
    type Error = R::Error;

    async fn enter(&mut self) -> Result<R::Guard, R::Error> {
        let mut flight = PhaseRecord::enter(&self.ledger, self.id);
        let entered = flight.during(self.resource.enter()).await;
        flight.end(if entered.is_ok() { Event::Entered(self.id) } else { Event::EnterFailed(self.id) });
        entered
    }

    async fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> Result<(), R::Error> {
        let mut flight = PhaseRecord::exit(&self.ledger, self.id, outcome);
        let exited = flight.during(self.resource.exit(guard, outcome)).await;
        flight.end(if exited.is_ok() { Event::Exited(self.id) } else { Event::ExitFailed(self.id) });
        exited
    }

    fn abandon(&mut self, guard: R::Guard) {
        self.ledger.record(Event::Abandoned(self.id));
        self.resource.abandon(guard);
    }

    fn exit_dropped(&mut self) {
        self.ledger.record_exit_dropped(self.id);
        self.resource.exit_dropped();
    }

    fn name(&self) -> &str {
        self.resource.name()
    }
}
