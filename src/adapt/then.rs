use super::made::{self, Kept, Made};
use crate::error::{Failures, Phase};
use crate::group;
use crate::member::{Borrower, EnterContext, ExitContext, Hold, HoldToken, Interruption, MapError};
use crate::observe::MemberPath;
use crate::resource::Resource;
use crate::unwind::catch;
use crate::work::Attendance;
use core::borrow::BorrowMut;
use core::fmt;

/// Enters a second resource that is created from the guard of the first. Returned by
/// [`then`](crate::ResourceExt::then).
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Then<A, F, B> {
    first: A,
    make: F,
    second: Kept<B>,
}

impl<A, F, B> Then<A, F, B> {
    pub(super) fn new(first: A, make: F) -> Self {
        Self { first, make, second: Kept::new() }
    }
}

impl<A: fmt::Debug, F, B: fmt::Debug> fmt::Debug for Then<A, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, make: _, second } = self;
        f.debug_struct("Then").field("first", first).field("second", &second.last()).finish_non_exhaustive()
    }
}

impl<A: Resource, B: Resource, F: FnMut(&mut A::Guard) -> B + Send> Resource for Then<A, F, B> {
    type Guard = (A::Guard, B::Guard);
    type Error = Failures;

    by_hand!();

    fn abandon(&mut self, guard: Self::Guard) {
        group::abandon(self.hold(HoldToken), guard);
    }

    fn name(&self) -> &'static str {
        "then"
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        let second = made::borrowed(&mut self.second);
        Held { first: self.first.hold(HoldToken), make: &mut self.make, second }
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        let second = made::owned(self.second);
        Held { first: self.first.into_hold(HoldToken), make: self.make, second }
    }
}

struct Held<A, F, B, S, L, H> {
    first: A,
    make: F,
    second: Made<B, S, L, H>,
}

impl<A, F, B, S, L, H> Hold for Held<A, F, B, S, L, H>
where
    A: Hold,
    F: FnMut(&mut A::Guard) -> B + Send,
    B: Send,
    S: BorrowMut<Kept<B>> + Send,
    L: Hold<Guard = H::Guard, Error = H::Error>,
    H: Hold,
{
    type Guard = (A::Guard, H::Guard);
    type Error = Failures;

    fn observe(&mut self, place: &MemberPath) {
        self.first.observe(&place.child(0));
        self.second.observe(place.child(1));
    }

    fn attend(&mut self, attendance: &Attendance) {
        self.first.attend(attendance);
        self.second.attend(attendance);
    }

    fn name_sets(&mut self, name: &str) {
        self.first.name_sets(name);
        self.second.name_sets(name);
    }

    async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        let first = self.first.enter(entry).await;
        if !first || entry.is_in_vain() {
            return first;
        }
        let mut guard = self.first.take();
        let made = catch(|| (self.make)(&mut guard));
        let is_whole = self.first.put(Some(guard), Borrower::Function);
        match made {
            Ok(second) => self.second.set(second, entry),
            Err(panic) => self.second.notes.panic(panic),
        }
        let entered = is_whole && self.second.notes.is_empty() && self.second.enter(entry).await;
        if !entered {
            entry.state().note_failure();
        }
        entered
    }

    /// The second resource is dropped before the first one exits: that exit may need exclusive access to something that
    /// the second shares.
    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        let second = self.second.exit(exit).await;
        let first = self.first.exit(exit).await;
        first && second
    }

    fn take(&mut self) -> Self::Guard {
        let second = self.second.take();
        (self.first.take(), second)
    }

    fn put(&mut self, guard: Option<Self::Guard>, by: Borrower) -> bool {
        let (first, second) = guard.unzip();
        let is_whole = self.first.put(first, by);
        self.second.put(second, by) && is_whole
    }

    fn show(&mut self, guard: &Self::Guard) {
        self.first.show(&guard.0);
        self.second.show(&guard.1);
    }

    fn abandon(&mut self) {
        self.second.abandon();
        self.first.abandon();
    }

    fn interrupt(&mut self, interruption: Interruption) {
        self.second.interrupt(interruption);
        self.first.interrupt(interruption);
    }

    fn is_in(&self) -> bool {
        self.first.is_in() || self.second.is_in()
    }

    fn reach(&self) -> usize {
        self.first.reach().max(self.second.reach())
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, Failures>) -> Failures {
        let mut all = Failures::default();
        all.add_member(0, self.first.failures(phase, None));
        all.add_member(1, self.second.failures(phase, None));
        self.second.notes.tell("then", phase, &mut all);
        all.mapped("then", phase, map)
    }

    hold_of_group!("then");
}
