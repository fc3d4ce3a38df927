//! Members that come and go while a body runs.

use super::entry::{Desk, Entered, Entry, dismiss};
use crate::error::{Failures, ScopeError, ScopeErrorKind};
use crate::group;
use crate::hold::Cut;
use crate::lock::{Mutex, MutexGuard};
use crate::observe::Place;
use crate::outcome::Outcome;
use crate::panic::{Fragile, Panics};
use crate::resource::Resource;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::future::poll_fn;
use futures::future::BoxFuture;

/// In which order the members of a set are exited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// In reverse order of entering, one by one.
    OneByOne,
    /// All at once.
    AllAtOnce,
}

/// Members by the number that they got when they were in. What is in it when it is dropped is abandoned.
#[derive(Default)]
pub(super) struct Set<'a> {
    slots: Mutex<Slots<'a>>,
    /// Where it stands in a scope that is watched.
    place: Place,
}

#[derive(Default)]
struct Slots<'a> {
    members: BTreeMap<usize, Slot<'a>>,
    next: usize,
}

enum Slot<'a> {
    In(Box<dyn Entered + 'a>),
    /// On its way out before the others; who waited for it can be gone.
    Leaving(Leaving<'a>),
    /// It is out, and gone.
    Out(Failures),
    /// In the hands of somebody who polls it.
    Polled,
}

struct Leaving<'a> {
    place: Place,
    exit: BoxFuture<'a, Box<dyn Entered + 'a>>,
    /// What went wrong, if the exit is dropped.
    told: Arc<Mutex<Failures>>,
}

/// A member in the hands of its exit.
struct Going<'a> {
    member: Option<Box<dyn Entered + 'a>>,
    told: Arc<Mutex<Failures>>,
}

impl<'a> Going<'a> {
    async fn exit(mut self) -> Box<dyn Entered + 'a> {
        let member = self.member.as_mut().expect("it is there until it is out");
        member.exit(Outcome::Released).await;
        self.member.take().expect("it is there until it is out")
    }
}

impl Drop for Going<'_> {
    fn drop(&mut self) {
        if let Some(member) = self.member.take() {
            let failures = dismiss(member);
            self.told.lock().append(failures);
        }
    }
}

/// What a member's handle knows of it: its number, and the desk to which its guard goes back.
pub(super) type Seat<G> = (usize, Arc<Desk<G>>);

impl<'a> Set<'a> {
    fn slots(&self) -> MutexGuard<'_, Slots<'a>> {
        self.slots.lock()
    }

    fn members_mut(&mut self) -> &mut BTreeMap<usize, Slot<'a>> {
        &mut self.slots.get_mut().members
    }

    /// Has the members watched, those that are in and those that enter from now on.
    pub(super) fn observed(mut self, place: Place) -> Self {
        for (number, slot) in self.members_mut() {
            if let Slot::In(member) = slot {
                let place = place.entering();
                place.settle(*number);
                member.observe(place);
            }
        }
        self.place = place;
        self
    }

    /// Takes all members out. Those that enter from now on are watched here all the same.
    pub(super) fn take(&mut self) -> Self {
        Self { slots: core::mem::take(&mut self.slots), place: self.place.clone() }
    }

    pub(super) fn len(&self) -> usize {
        self.slots().members.len()
    }

    /// Enters a resource, and takes it in once all of it is in.
    pub(super) async fn enter<G: Send + 'a, R: Resource<Guard = G> + 'a>(
        &self,
        resource: R,
    ) -> Result<(G, Seat<G>), ScopeError> {
        let panics = Panics::new();
        let mut resource = Fragile::new(Some(resource), &panics);
        let place = self.place.entering();
        let entering = resource.get().as_mut().expect("it is there until it is in");
        match group::enter_at(entering.hold(), &place).await {
            Ok(guard) => {
                let resource = resource.get().take().expect("it is there until it is in");
                Ok((guard, self.insert_at(resource, &place)))
            }
            Err(failures) => Err(ScopeError::new(ScopeErrorKind::Set, None, failures)),
        }
    }

    /// Takes in a member that is entered, and whose guard a handle has.
    pub(super) fn insert<R: Resource + 'a>(&self, resource: R) -> Seat<R::Guard> {
        self.insert_at(resource, &self.place.entering())
    }

    fn insert_at<R: Resource + 'a>(&self, resource: R, place: &Place) -> Seat<R::Guard> {
        let (entry, desk) = Entry::new(resource, place.clone());
        let mut slots = self.slots();
        let number = slots.next;
        slots.next += 1;
        slots.members.insert(number, Slot::In(Box::new(entry)));
        drop(slots);
        place.settle(number);
        (number, desk)
    }

    /// Takes a member out.
    pub(super) fn remove(&self, number: usize) -> Option<Box<dyn Entered + 'a>> {
        match self.slots().members.remove(&number) {
            Some(Slot::In(member)) => Some(member),
            _ => None,
        }
    }

    /// Exits one member before the others. If this future is dropped, the exit goes on when the set exits.
    pub(super) async fn release(&self, number: usize) -> Result<(), ScopeError> {
        let member = self.remove(number).expect("only the handle of a member lets it go");
        let (place, told) = (member.place().clone(), Arc::default());
        let exit = Box::pin(Going { member: Some(member), told: Arc::clone(&told) }.exit());
        self.slots().members.insert(number, Slot::Leaving(Leaving { place, exit, told }));
        let member = poll_fn(|cx| {
            let slot = self.slots().members.insert(number, Slot::Polled);
            let Some(Slot::Leaving(mut leaving)) = slot else { unreachable!("nobody else polls it") };
            let polled = leaving.exit.as_mut().poll(cx);
            let mut slots = self.slots();
            if polled.is_pending() {
                slots.members.insert(number, Slot::Leaving(leaving));
            } else {
                slots.members.remove(&number);
            }
            polled
        })
        .await;
        by_hand(ScopeErrorKind::Set, dismiss(member))
    }

    /// Exits all members. If this future is dropped, what has not begun to exit is still in.
    pub(super) async fn exit(&mut self, order: Order, outcome: Outcome<'_>) {
        let exits = self.members_mut().values_mut().rev().map(|slot| slot.exit(outcome));
        match order {
            Order::OneByOne => {
                for exit in exits {
                    exit.await;
                }
            }
            Order::AllAtOnce => group::join_all(exits).await,
        }
    }

    /// Accounts for exits that were late, or dropped.
    pub(super) fn cut(&mut self, cut: Cut) {
        self.members_mut().values_mut().rev().for_each(|slot| slot.cut(cut));
    }

    /// Drops all members, which are out, the last one first.
    pub(super) fn dismiss(&mut self) {
        self.members_mut().values_mut().rev().for_each(Slot::dismiss);
    }

    /// Hands over what went wrong, by the members' numbers.
    pub(super) fn failures(&mut self) -> Failures {
        let mut all = Failures::default();
        for (number, slot) in self.members_mut() {
            all.add_member(*number, slot.failures());
        }
        all
    }
}

/// Abandons what has not begun to exit, the last member first; the first panic resumes.
impl Drop for Set<'_> {
    fn drop(&mut self) {
        let panics = Panics::new();
        let members = core::mem::take(self.members_mut());
        for mut slot in members.into_values().rev() {
            slot.abandon(&panics);
            panics.drop(slot);
        }
    }
}

impl Slot<'_> {
    async fn exit(&mut self, outcome: Outcome<'_>) {
        match self {
            Self::In(member) => member.exit(outcome).await,
            Self::Leaving(leaving) => {
                let member = leaving.exit.as_mut().await;
                *self = Self::In(member);
            }
            Self::Out(_) | Self::Polled => {}
        }
    }

    fn abandon(&mut self, panics: &Panics) {
        match self {
            Self::In(member) => member.abandon(panics),
            Self::Leaving(_) => {
                self.cut(Cut::ExitDropped);
                match self.failures().into_panic() {
                    Ok(panic) => panics.push(panic),
                    Err(failures) => panics.drop(failures),
                }
            }
            Self::Out(_) | Self::Polled => {}
        }
    }

    fn cut(&mut self, cut: Cut) {
        match core::mem::replace(self, Self::Polled) {
            Self::In(mut member) => {
                member.cut(cut);
                *self = Self::In(member);
            }
            Self::Leaving(Leaving { place, exit, told }) => {
                drop(exit); // it panics with nothing
                if cut == Cut::ExitLate {
                    place.late();
                }
                *self = Self::Out(core::mem::take(&mut *told.lock()));
            }
            other => *self = other,
        }
    }

    fn dismiss(&mut self) {
        if let Self::In(_) = self {
            if let Self::In(member) = core::mem::replace(self, Self::Polled) {
                *self = Self::Out(dismiss(member));
            }
        }
    }

    fn failures(&mut self) -> Failures {
        match self {
            Self::In(member) => member.failures(),
            Self::Out(failures) => core::mem::take(failures),
            Self::Leaving(_) | Self::Polled => Failures::default(),
        }
    }
}

/// What someone is told who exits by hand; the earliest panic resumes.
pub(super) fn closed(failures: Failures) -> Result<(), ScopeError> {
    by_hand(ScopeErrorKind::Exit, failures)
}

fn by_hand(kind: ScopeErrorKind, failures: Failures) -> Result<(), ScopeError> {
    let failures = group::resume_panic(failures);
    if failures.is_empty() { Ok(()) } else { Err(ScopeError::new(kind, None, failures)) }
}
