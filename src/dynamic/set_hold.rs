//! The hold of a set that is a member of a scope or group.

use super::set::{Order, Set};
use crate::error::{Failures, NameKind, Phase};
use crate::member::{
    Borrower, EnterContext, ExitContext, Fault, GuardMismatch, Hold, Interruption, MapError, name_within,
};
use crate::observe::MemberPath;
use crate::unwind::catch;
use crate::work::Attendance;
use alloc::borrow::ToOwned;
use alloc::string::String;
use core::borrow::BorrowMut;
use core::convert::Infallible;
use core::marker::PhantomData;

/// The guard of a set, which the body works with.
pub(super) trait OpenSet<'a>: Send {
    const NAME: &'static str;
    const ORDER: Order;
    fn open(set: Set<'a>) -> Self;
    fn set(&mut self) -> &mut Set<'a>;
    /// Returns the failures of members whose work failed while they are up.
    fn up_failures(&self) -> Failures;
}

/// The hold of a set. The set contains its members, each with its own state.
pub(super) struct Held<'a, S, O> {
    closed: S,
    open: Option<O>,
    failures: Failures,
    place: MemberPath,
    name: String,
    of: PhantomData<Set<'a>>,
}

impl<'a, S: BorrowMut<Set<'a>>, O: OpenSet<'a>> Held<'a, S, O> {
    pub(super) fn new(closed: S) -> Self {
        let (failures, place, name) = Default::default();
        Self { closed, open: None, failures, place, name, of: PhantomData }
    }

    fn open(&mut self) {
        let set = self.closed.borrow_mut().move_out().observed(self.place.clone()).named(&self.name);
        self.open = Some(O::open(set));
    }

    /// Opens the set if it has members and was not entered: its members count as entered already (law `set-keeps`).
    fn open_if_in(&mut self) {
        if self.open.is_none() && self.closed.borrow().has_members() {
            self.open();
        }
    }

    /// Stores the failures, and drops the set, which abandons the members that are still in it.
    fn close(&mut self) {
        if let Some(mut open) = self.open.take() {
            self.failures.append(open.set().failures());
            if let Err(panic) = catch(|| drop(open)) {
                self.failures.add_panic(NameKind::OfType(O::NAME), Phase::Exit, panic);
            }
        }
    }
}

impl<'a, S: BorrowMut<Set<'a>> + Send, O: OpenSet<'a>> Hold for Held<'a, S, O> {
    type Guard = O;
    type Error = Failures;

    fn observe(&mut self, place: &MemberPath) {
        self.place = place.clone();
    }

    fn attend(&mut self, attendance: &Attendance) {
        match &mut self.open {
            Some(open) => open.set().attend(attendance),
            None => self.closed.borrow_mut().attend(attendance),
        }
    }

    fn name_sets(&mut self, name: &str) {
        self.name = name_within(name, &self.name);
    }

    async fn enter(&mut self, _: EnterContext<'_>) -> bool {
        self.open();
        true
    }

    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        self.open_if_in();
        if let Some(open) = &mut self.open {
            open.set().exit(O::ORDER, *exit.outcome()).await;
        }
        self.close();
        self.failures.is_empty()
    }

    fn take(&mut self) -> O {
        self.open.take().expect("a guard is taken only after all members entered")
    }

    fn put(&mut self, guard: Option<O>, by: Borrower) -> bool {
        if guard.is_none() {
            let taken = Fault::<Infallible>::own(GuardMismatch::Taken(by));
            let phase = if by == Borrower::Body { Phase::Exit } else { Phase::Enter };
            taken.tell(NameKind::OfType(O::NAME), phase, &mut None, &mut self.failures);
        }
        self.open = guard;
        self.open.is_some()
    }

    fn show(&mut self, guard: &O) {
        self.failures.append(guard.up_failures());
    }

    fn abandon(&mut self) {
        self.open_if_in();
        self.close();
    }

    fn name(&self) -> String {
        O::NAME.to_owned()
    }

    hold_of_group!();

    fn is_in(&self) -> bool {
        self.closed.borrow().has_members() || self.open.is_some()
    }

    fn interrupt(&mut self, interruption: Interruption) {
        if !interruption.abandons() {
            return;
        }
        self.open_if_in();
        if let Some(open) = &mut self.open {
            open.set().interrupt(interruption);
            self.close();
        }
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, Failures>) -> Failures {
        if phase != Phase::Exit {
            let set = self.open.as_mut().map_or_else(|| self.closed.borrow(), |open| open.set());
            self.failures.append(set.up_failures(phase));
        }
        core::mem::take(&mut self.failures).mapped(O::NAME, phase, map)
    }
}
