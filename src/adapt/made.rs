//! A member that is created when it is entered.

use crate::error::{Failures, Phase};
use crate::member::{
    Borrower, EnterContext, ExitContext, Hold, HoldToken, Interruption, MapError, OwnFaults, name_within,
};
use crate::observe::MemberPath;
use crate::resource::Resource;
use crate::work::Attendance;
use alloc::boxed::Box;
use alloc::string::String;
use core::borrow::BorrowMut;
use core::mem;

/// The resources that were created and have to stay, because they are entered by hand. The last one is in use. Those
/// before it belong to attempts that failed, while a hold borrows the place behind them.
pub(super) struct Kept<B>(Option<Box<(B, Kept<B>)>>);

impl<B> Kept<B> {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// Stores a resource in place of others, and returns it with the place behind it.
    pub(super) fn store(&mut self, made: B) -> (&mut B, &mut Self) {
        let (made, behind) = &mut **self.0.insert(Box::new((made, Self::new())));
        (made, behind)
    }

    pub(super) fn last(&self) -> Option<&B> {
        let (mut made, mut behind) = self.0.as_deref().map(|(made, behind)| (made, behind))?;
        while let Some(next) = behind.0.as_deref() {
            (made, behind) = (&next.0, &next.1);
        }
        Some(made)
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut B> {
        let mut place = self;
        loop {
            let (made, behind) = &mut **place.0.as_mut()?;
            if behind.0.is_none() {
                return Some(made);
            }
            place = behind;
        }
    }

    /// Takes the resource that is in use. Those before it stay.
    fn take_last(&mut self) -> Option<B> {
        let mut place = self;
        while place.0.as_ref()?.1.0.is_some() {
            place = &mut place.0.as_mut()?.1;
        }
        place.0.take().map(|last| last.0)
    }
}

/// Drops one after the other: there is one for each attempt that failed, and a recursion could overflow the stack.
impl<B> Drop for Kept<B> {
    fn drop(&mut self) {
        let mut first = self.0.take();
        while let Some(place) = first {
            let (made, mut behind) = *place;
            first = behind.0.take();
            drop(made);
        }
    }
}

/// Functions that create holds of the resources in their place.
struct Holds<B, S, L, H> {
    /// Stores a resource, and borrows it. Returns the place for the next one.
    lend: fn(S, B) -> (L, S),
    /// Borrows the resource that is in use.
    lend_last: fn(S) -> Option<L>,
    own: fn(B, HoldToken) -> H,
}

/// The hold of a member that is created when it is entered, and that is dropped when it has exited.
pub(super) struct Made<B, S, L, H> {
    holds: Holds<B, S, L, H>,
    /// The place for resources that have to stay.
    kept: Option<S>,
    member: Member<L, H>,
    /// The failures of members that were dropped.
    reported: Failures,
    /// Panics of destructors and of functions, and guards that belong to no member.
    pub(super) notes: OwnFaults,
    /// The place of the member, which may not exist yet.
    place: Option<MemberPath>,
    /// The name of the sets below.
    sets_name: String,
}

enum Member<L, H> {
    Nobody,
    /// It stays in its place, because it is entered by hand.
    Lent(L),
    Owned(H),
}

/// Evaluates an expression with the hold of the member, borrowed or owned.
macro_rules! with {
    ($member:expr, |$hold:ident| $work:expr, else $nobody:expr) => {
        match $member {
            Member::Lent($hold) => $work,
            Member::Owned($hold) => $work,
            Member::Nobody => $nobody,
        }
    };
}

/// A hold of a resource.
pub(super) trait HoldOf<B: Resource>: Hold<Guard = B::Guard, Error = B::Error> {}
impl<B: Resource, H: Hold<Guard = B::Guard, Error = B::Error>> HoldOf<B> for H {}

/// Creates the hold of a member for which the adaptor has a place.
pub(super) fn borrowed<'r, B: Resource>(
    kept: &'r mut Kept<B>,
) -> Made<B, &'r mut Kept<B>, impl HoldOf<B>, impl HoldOf<B>> {
    let lend = |kept: &'r mut Kept<B>, made| {
        let (made, behind) = kept.store(made);
        (made.hold(HoldToken), behind)
    };
    let lend_last = |kept: &'r mut Kept<B>| kept.last_mut().map(|member| member.hold(HoldToken));
    Made::new(kept, Holds { lend, lend_last, own: B::into_hold })
}

/// Creates the hold of a member, which owns the place of the adaptor.
pub(super) fn owned<B: Resource>(kept: Kept<B>) -> Made<B, Kept<B>, impl HoldOf<B>, impl HoldOf<B>> {
    let lend = |kept, made: B| (made.into_hold(HoldToken), kept);
    let lend_last = |mut kept: Kept<B>| kept.take_last().map(|member| member.into_hold(HoldToken));
    Made::new(kept, Holds { lend, lend_last, own: B::into_hold })
}

impl<B, S, L, H> Made<B, S, L, H>
where
    S: BorrowMut<Kept<B>>,
    L: Hold<Guard = H::Guard, Error = H::Error>,
    H: Hold,
{
    fn new(kept: S, holds: Holds<B, S, L, H>) -> Self {
        let (reported, notes, place, sets_name) = Default::default();
        Self { holds, kept: Some(kept), member: Member::Nobody, reported, notes, place, sets_name }
    }

    pub(super) fn observe(&mut self, place: MemberPath) {
        with!(&mut self.member, |member| member.observe(&place), else {});
        self.place = Some(place);
    }

    pub(super) fn attend(&mut self, attendance: &Attendance) {
        attendance.expect();
        with!(&mut self.member, |member| member.attend(attendance), else {});
    }

    pub(super) fn name_sets(&mut self, name: &str) {
        self.sets_name = name_within(name, &self.sets_name);
    }

    /// Drops the member of an earlier enter.
    pub(super) fn clear(&mut self) {
        self.drop_member();
    }

    /// Sets the resource that is entered next, in place of an earlier one.
    pub(super) fn set(&mut self, made: B, entry: EnterContext<'_>) {
        self.drop_member();
        self.member = match self.kept.take_if(|_| entry.is_by_hand()) {
            Some(kept) => {
                let (lent, behind) = (self.holds.lend)(kept, made);
                self.kept = Some(behind);
                Member::Lent(lent)
            }
            None => Member::Owned((self.holds.own)(made, HoldToken)),
        };
        self.open();
        if let Some(attendance) = entry.state().attendance() {
            with!(&mut self.member, |member| member.attend(attendance), else {});
        }
    }

    /// Enters the resource that was [set](Self::set).
    pub(super) async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        with!(&mut self.member, |member| member.enter(entry).await, else false)
    }

    /// Exits the member, and drops it.
    pub(super) async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        let well = with!(&mut self.member, |member| member.exit(exit).await, else true);
        self.dismiss();
        well && self.notes.is_empty()
    }

    pub(super) fn take(&mut self) -> H::Guard {
        let guard = with!(&mut self.member, |member| Some(member.take()), else None);
        guard.expect("a guard is taken only after all members entered")
    }

    pub(super) fn put(&mut self, guard: Option<H::Guard>, by: Borrower) -> bool {
        self.own_last();
        with!(&mut self.member, |member| return member.put(guard, by), else {
            if let Some(stray) = guard {
                self.notes.stray(stray, by);
            }
        });
        self.notes.is_empty()
    }

    pub(super) fn show(&mut self, guard: &H::Guard) {
        if let Member::Nobody = self.member {
            if let Some(lent) = self.kept.take().and_then(self.holds.lend_last) {
                self.member = Member::Lent(lent);
                self.open();
            }
        }
        with!(&mut self.member, |member| member.show(guard), else {});
    }

    pub(super) fn abandon(&mut self) {
        with!(&mut self.member, |member| member.abandon(), else {});
        self.dismiss();
    }

    pub(super) fn interrupt(&mut self, interruption: Interruption) {
        with!(&mut self.member, |member| member.interrupt(interruption), else {});
        if interruption.abandons() {
            self.dismiss();
        }
    }

    pub(super) fn is_in(&self) -> bool {
        with!(&self.member, |member| member.is_in(), else false)
    }

    pub(super) fn reach(&self) -> usize {
        with!(&self.member, |member| member.reach(), else 1)
    }

    /// Returns the failures of the member, and of those before it, which are not mapped. The [notes](Self::notes) are
    /// not among them.
    pub(super) fn failures(&mut self, phase: Phase, map: MapError<'_, H::Error>) -> Failures {
        let mut all = mem::take(&mut self.reported);
        with!(&mut self.member, |member| all.append(member.failures(phase, map)), else {});
        all
    }

    /// Returns the name of the member, if there is one.
    pub(super) fn name(&self) -> Option<String> {
        with!(&self.member, |member| Some(member.name()), else None)
    }

    /// Takes over the member that was entered by hand, as the owned one.
    fn own_last(&mut self) {
        if let Member::Nobody = self.member {
            let Some(kept) = self.kept.as_mut().map(BorrowMut::borrow_mut) else { return };
            if let Some(last) = kept.take_last() {
                let before = mem::replace(kept, Kept::new());
                self.member = Member::Owned((self.holds.own)(last, HoldToken));
                self.open();
                self.notes.caught(|| drop(before));
            }
        }
    }

    fn open(&mut self) {
        if let Some(place) = &self.place {
            with!(&mut self.member, |member| member.observe(place), else {});
        }
        if !self.sets_name.is_empty() {
            with!(&mut self.member, |member| member.name_sets(&self.sets_name), else {});
        }
    }

    /// Drops the member, which has exited. What stays is dropped with its place.
    fn dismiss(&mut self) {
        match self.member {
            Member::Lent(_) => {}
            Member::Owned(_) => self.drop_member(),
            Member::Nobody => {
                let unused = self.kept.as_mut().map(|kept| mem::replace(kept.borrow_mut(), Kept::new()));
                self.notes.caught(|| drop(unused));
            }
        }
    }

    fn drop_member(&mut self) {
        let mut member = mem::replace(&mut self.member, Member::Nobody);
        with!(&mut member, |member| self.reported.append(member.failures(Phase::Exit, None)), else {});
        self.notes.caught(|| drop(member));
    }
}
