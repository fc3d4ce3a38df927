//! A set in the hands of a scope or group.

use super::set::{Order, Set};
use crate::error::{Failures, Name, Phase};
use crate::hold::{Convert, Cut, Entry, Fault, Hold, Uneven};
use crate::observe::Place;
use crate::outcome::Outcome;
use crate::panic::catch;
use core::convert::Infallible;

/// What a body works with.
pub(super) trait Open<'a>: Send {
    const NAME: &'static str;
    const ORDER: Order;
    fn open(set: Set<'a>) -> Self;
    fn set(&mut self) -> &mut Set<'a>;
}

/// The hold of a set: its members are in it, each with its own state.
pub(super) struct Held<'r, 'a, O> {
    closed: &'r mut Set<'a>,
    open: Option<O>,
    failures: Failures,
    place: Place,
}

impl<'r, 'a, O: Open<'a>> Held<'r, 'a, O> {
    pub(super) fn new(closed: &'r mut Set<'a>) -> Self {
        Self { closed, open: None, failures: Failures::default(), place: Place::default() }
    }

    /// Keeps what went wrong, and drops the set; what is still in it is abandoned.
    fn close(&mut self) {
        if let Some(mut open) = self.open.take() {
            self.failures.append(open.set().failures());
            if let Err(panic) = catch(|| drop(open)) {
                self.failures.add_panic(Name::OfType(O::NAME), Phase::Exit, panic);
            }
        }
    }
}

impl<'a, O: Open<'a>> Hold for Held<'_, 'a, O> {
    type Guard = O;
    type Error = Failures;

    fn observe(&mut self, place: &Place) {
        self.place = place.clone();
    }

    async fn enter(&mut self, _: Entry<'_>) -> bool {
        let set = core::mem::take(self.closed);
        self.open = Some(O::open(set.observed(self.place.clone())));
        true
    }

    async fn exit(&mut self, outcome: &Outcome<'_>) -> bool {
        if let Some(open) = &mut self.open {
            open.set().exit(O::ORDER, *outcome).await;
            open.set().dismiss();
        }
        self.close();
        self.failures.is_empty()
    }

    fn take(&mut self) -> O {
        self.open.take().expect("a guard is taken only after all members entered")
    }

    fn put(&mut self, guard: Option<O>) {
        if guard.is_none() {
            let taken = Fault::<Infallible>::own(Uneven::Taken);
            taken.tell(Name::OfType(O::NAME), Phase::Exit, &mut Convert::Into, &mut self.failures);
        }
        self.open = guard;
    }

    fn abandon(&mut self) {
        self.close();
    }

    fn cut(&mut self, cut: Cut) {
        if let (Some(open), Cut::ExitLate | Cut::ExitDropped) = (&mut self.open, cut) {
            open.set().cut(cut);
            open.set().dismiss();
            self.close();
        }
    }

    fn failures(&mut self, phase: Phase, convert: Convert<'_, Failures>) -> Failures {
        core::mem::take(&mut self.failures).converted(O::NAME, phase, convert)
    }
}
