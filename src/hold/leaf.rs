use super::ledger::{Fault, Uneven};
use super::{Hold, Ledger, Policy};
use crate::call::call;
use crate::error::Stamp;
use crate::outcome::Outcome;
use crate::panic::{Panic, catch};
use crate::resource::Resource;

/// A lone resource, the guard that it gave, and what went wrong with it.
pub(crate) struct Leaf<'a, R: Resource + ?Sized> {
    resource: &'a mut R,
    guard: Option<R::Guard>,
    faults: Vec<Fault<R::Error>>,
}

impl<'a, R: Resource + ?Sized> Leaf<'a, R> {
    pub(crate) fn new(resource: &'a mut R) -> Self {
        Self { resource, guard: None, faults: Vec::new() }
    }
}

impl<R: Resource + ?Sized> Hold for Leaf<'_, R> {
    type Guard = R::Guard;
    type Error = R::Error;

    async fn enter(&mut self, _: Policy) -> bool {
        let Self { resource, guard, faults } = self;
        let note = |entered| match entered {
            Ok(Ok(entered)) => *guard = Some(entered),
            Ok(Err(error)) => faults.push(Fault::Error(Stamp::now(), error)),
            Err(panic) => faults.push(Fault::Panic(panic)),
        };
        call(|| resource.enter(), note).await;
        self.faults.is_empty()
    }

    async fn exit(&mut self, outcome: Outcome<'_>) -> bool {
        let Self { resource, guard, faults } = self;
        let note = |exited: Result<_, Panic>| match exited {
            Ok(Ok(())) => {}
            Ok(Err(error)) => faults.push(Fault::Error(Stamp::now(), error)),
            Err(panic) => faults.push(Fault::Panic(panic)),
        };
        if guard.is_some() {
            call(|| resource.exit(guard.take().expect("it is there"), outcome), note).await;
        }
        self.faults.is_empty()
    }

    fn take(&mut self) -> R::Guard {
        self.guard.take().expect("a guard is taken only after all members entered")
    }

    fn put(&mut self, guard: Option<R::Guard>) {
        if guard.is_none() {
            self.faults.push(Fault::Uneven(Stamp::now(), Uneven::Taken));
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

    fn faults(&mut self, to: &mut Ledger) {
        for fault in self.faults.drain(..) {
            to.add(&*self.resource, fault);
        }
    }
}
