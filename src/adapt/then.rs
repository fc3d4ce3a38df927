use crate::error::{Failures, Phase};
use crate::group;
use crate::member::{
    Borrower, EnterContext, ExitContext, Hold, HoldToken, Interruption, MapError, OwnFaults, name_within,
};
use crate::observe::MemberPath;
use crate::resource::Resource;
use crate::unwind::catch;
use crate::work::Attendance;
use alloc::string::String;
use core::borrow::BorrowMut;
use core::{fmt, mem};

/// Enters a second resource that is created from the guard of the first. Created by
/// [`then`](crate::ResourceExt::then).
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Then<A, F, B> {
    first: A,
    make: F,
    second: Option<B>,
}

impl<A, F, B> Then<A, F, B> {
    pub(super) fn new(first: A, make: F) -> Self {
        Self { first, make, second: None }
    }
}

impl<A: fmt::Debug, F, B: fmt::Debug> fmt::Debug for Then<A, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, make: _, second } = self;
        f.debug_struct("Then").field("first", first).field("second", second).finish_non_exhaustive()
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
        let second = Second::Out(&mut self.second, |slot| slot.as_mut().map(|member| member.hold(HoldToken)));
        Held::new(self.first.hold(HoldToken), &mut self.make, second, B::into_hold)
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        let second = Second::Out(self.second, |slot| slot.map(|member| member.into_hold(HoldToken)));
        Held::new(self.first.into_hold(HoldToken), self.make, second, B::into_hold)
    }
}

struct Held<A, F, B, S, L, H> {
    first: A,
    make: F,
    second: Second<S, L, H>,
    into_hold: fn(B, HoldToken) -> H,
    /// The failures of the second resource, which has been dropped.
    reported: Failures,
    notes: OwnFaults,
    /// The place of the second resource, which may not exist yet.
    second_place: Option<MemberPath>,
    /// The name of the sets below, for those in the second resource.
    sets_name: String,
}

enum Second<S, L, H> {
    /// It is in its slot, if it exists, and can be borrowed from there.
    Out(S, fn(S) -> Option<L>),
    /// It stays in its slot, because it is entered by hand.
    Lent(L),
    /// Its hold owns it.
    Owned(H),
    Nobody,
}

/// Evaluates an expression with the hold of the second member, borrowed or owned.
macro_rules! with {
    ($second:expr, |$hold:ident| $work:expr, else $nobody:expr) => {
        match $second {
            Second::Lent($hold) => $work,
            Second::Owned($hold) => $work,
            Second::Out(..) | Second::Nobody => $nobody,
        }
    };
}

impl<A, F, B, S: BorrowMut<Option<B>>, L: Hold, H: Hold> Held<A, F, B, S, L, H> {
    fn new(first: A, make: F, second: Second<S, L, H>, into_hold: fn(B, HoldToken) -> H) -> Self {
        let (reported, notes, second_place, sets_name) = Default::default();
        Self { first, make, second, into_hold, reported, notes, second_place, sets_name }
    }

    /// Puts the new second resource into the slot, in place of an earlier one.
    fn replace(&mut self, made: B) {
        if let Second::Out(slot, _) = &mut self.second {
            let old = slot.borrow_mut().replace(made);
            self.notes.caught(|| drop(old));
        }
    }

    /// Creates the hold of the resource in the slot. The resource is taken out, unless it has to stay.
    fn open(&mut self, stays: bool) {
        if !matches!(self.second, Second::Out(..)) {
            return;
        }
        if let Second::Out(mut slot, lend) = mem::replace(&mut self.second, Second::Nobody) {
            let hold = if stays {
                lend(slot).map(Second::Lent)
            } else {
                slot.borrow_mut().take().map(|second| Second::Owned((self.into_hold)(second, HoldToken)))
            };
            self.second = hold.unwrap_or(Second::Nobody);
        }
        if let Some(place) = &self.second_place {
            with!(&mut self.second, |second| second.observe(place), else {});
        }
        if !self.sets_name.is_empty() {
            with!(&mut self.second, |second| second.name_sets(&self.sets_name), else {});
        }
    }

    /// Drops the second resource, which has exited, before the first one exits: that exit may need exclusive access to
    /// something that the second shares.
    fn dismiss(&mut self) {
        match &mut self.second {
            Second::Lent(_) => {}
            Second::Out(slot, _) => {
                let unused = slot.borrow_mut().take();
                self.notes.caught(|| drop(unused));
            }
            second => {
                if let Second::Owned(hold) = second {
                    self.reported.append(hold.failures(Phase::Exit, None));
                }
                self.notes.caught(|| *second = Second::Nobody);
            }
        }
    }
}

impl<A, F, B, S, L, H> Hold for Held<A, F, B, S, L, H>
where
    A: Hold,
    F: FnMut(&mut A::Guard) -> B + Send,
    B: Send,
    S: BorrowMut<Option<B>> + Send,
    L: Hold<Guard = H::Guard>,
    H: Hold,
{
    type Guard = (A::Guard, H::Guard);
    type Error = Failures;

    fn observe(&mut self, place: &MemberPath) {
        self.first.observe(&place.child(0));
        let place = place.child(1);
        with!(&mut self.second, |second| second.observe(&place), else {});
        self.second_place = Some(place);
    }

    fn attend(&mut self, attendance: &Attendance) {
        self.first.attend(attendance);
        attendance.expect();
        with!(&mut self.second, |second| second.attend(attendance), else {});
    }

    fn name_sets(&mut self, name: &str) {
        self.first.name_sets(name);
        self.sets_name = name_within(name, &self.sets_name);
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
            Ok(second) => self.replace(second),
            Err(panic) => self.notes.panic(panic),
        }
        let entered = is_whole && self.notes.is_empty() && {
            self.open(entry.is_by_hand());
            if let Some(attendance) = entry.state().attendance() {
                with!(&mut self.second, |second| second.attend(attendance), else {});
            }
            with!(&mut self.second, |second| second.enter(entry).await, else false)
        };
        if !entered {
            entry.state().note_failure();
        }
        entered
    }

    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        let second = with!(&mut self.second, |second| second.exit(exit).await, else true);
        self.dismiss();
        let first = self.first.exit(exit).await;
        first && second && self.notes.is_empty()
    }

    fn take(&mut self) -> Self::Guard {
        let second = with!(&mut self.second, |second| Some(second.take()), else None);
        (self.first.take(), second.expect("a guard is taken only after all members entered"))
    }

    fn put(&mut self, guard: Option<Self::Guard>, by: Borrower) -> bool {
        let (first, second) = guard.unzip();
        let is_whole = self.first.put(first, by);
        self.open(false);
        with!(&mut self.second, |hold| return hold.put(second, by) && is_whole, else {
            if let Some(stray) = second {
                self.notes.stray(stray, by);
            }
        });
        is_whole && self.notes.is_empty()
    }

    fn show(&mut self, guard: &Self::Guard) {
        self.first.show(&guard.0);
        self.open(true);
        with!(&mut self.second, |second| second.show(&guard.1), else {});
    }

    fn abandon(&mut self) {
        with!(&mut self.second, |second| second.abandon(), else {});
        self.dismiss();
        self.first.abandon();
    }

    fn interrupt(&mut self, interruption: Interruption) {
        with!(&mut self.second, |second| second.interrupt(interruption), else {});
        if interruption.abandons() {
            self.dismiss();
        }
        self.first.interrupt(interruption);
    }

    fn is_in(&self) -> bool {
        self.first.is_in() || with!(&self.second, |second| second.is_in(), else false)
    }

    fn reach(&self) -> usize {
        self.first.reach().max(with!(&self.second, |second| second.reach(), else 1))
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, Failures>) -> Failures {
        let mut all = Failures::default();
        all.add_member(0, self.first.failures(phase, None));
        all.add_member(1, mem::take(&mut self.reported));
        with!(&mut self.second, |second| all.add_member(1, second.failures(phase, None)), else {});
        self.notes.tell("then", phase, &mut all);
        all.mapped("then", phase, map)
    }

    hold_of_group!("then");
}
