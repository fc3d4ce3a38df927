use crate::error::{Failures, Phase};
use crate::group;
use crate::hold::{Borrower, Convert, Cut, Entry, Exit, Hold, Notes};
use crate::observe::Place;
use crate::panic::catch;
use crate::resource::Resource;
use core::fmt;

/// Enters a second resource that is made from the guard of the first. Made by [`then`](crate::ResourceExt::then).
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
        group::abandon(self.hold(), guard);
    }

    fn name(&self) -> &'static str {
        "then"
    }

    fn hold(&mut self) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        Held {
            first: self.first.hold(),
            make: &mut self.make,
            second: Second::Out(&mut self.second, B::hold),
            notes: Notes::default(),
            second_place: None,
        }
    }
}

struct Held<'a, A, F, B, H, M> {
    first: A,
    make: &'a mut F,
    second: Second<'a, B, H, M>,
    notes: Notes,
    /// For the second one, which is not there yet.
    second_place: Option<Place>,
}

/// The second member: one that is made later, and then held by `M`.
enum Second<'a, B, H, M> {
    Out(&'a mut Option<B>, M),
    Held(H),
    Nobody,
}

impl<'a, B, H, M: FnOnce(&'a mut B) -> H> Second<'a, B, H, M> {
    /// Holds the one that is there, after it was replaced by a new one if there is a new one.
    fn open(&mut self, new: Option<B>, notes: &mut Notes) -> Option<&mut H> {
        if let Self::Out(..) = self {
            if let Self::Out(slot, hold) = core::mem::replace(self, Self::Nobody) {
                if new.is_some() {
                    let old = core::mem::replace(slot, new);
                    if let Err(panic) = catch(|| drop(old)) {
                        notes.panic(panic);
                    }
                }
                if let Some(second) = slot {
                    *self = Self::Held(hold(second));
                }
            }
        }
        self.held()
    }

    fn held(&mut self) -> Option<&mut H> {
        if let Self::Held(hold) = self { Some(hold) } else { None }
    }
}

impl<'a, A, F, B, H, M> Hold for Held<'a, A, F, B, H, M>
where
    A: Hold,
    F: FnMut(&mut A::Guard) -> B + Send,
    B: Send,
    H: Hold,
    M: FnOnce(&'a mut B) -> H + Send,
{
    type Guard = (A::Guard, H::Guard);
    type Error = Failures;

    fn observe(&mut self, place: &Place) {
        self.first.observe(&place.child(0));
        self.second_place = Some(place.child(1));
    }

    async fn enter(&mut self, entry: Entry<'_>) -> bool {
        let first = self.first.enter(entry).await;
        if !first || entry.is_in_vain() {
            return first;
        }
        let mut guard = self.first.take();
        let made = catch(|| (self.make)(&mut guard));
        let is_whole = self.first.put(Some(guard), Borrower::Function);
        let made = made.map_err(|panic| self.notes.panic(panic)).ok();
        let entered = match self.second.open(made, &mut self.notes) {
            Some(second) if self.notes.is_empty() && is_whole => {
                if let Some(place) = &self.second_place {
                    second.observe(place);
                }
                second.enter(entry).await
            }
            _ => false,
        };
        if !entered {
            entry.note_failure();
        }
        entered
    }

    async fn exit(&mut self, exit: &Exit<'_>) -> bool {
        let second = match self.second.held() {
            Some(second) => second.exit(exit).await,
            None => true,
        };
        let first = self.first.exit(exit).await;
        first && second && self.notes.is_empty()
    }

    fn take(&mut self) -> Self::Guard {
        let second = self.second.held().expect("a guard is taken only after all members entered");
        (self.first.take(), second.take())
    }

    fn put(&mut self, guard: Option<Self::Guard>, by: Borrower) -> bool {
        let (first, second) = guard.unzip();
        let is_whole = self.first.put(first, by);
        match (self.second.open(None, &mut self.notes), second) {
            (Some(hold), second) => return hold.put(second, by) && is_whole,
            (None, Some(stray)) => self.notes.stray(stray, by),
            (None, None) => {}
        }
        is_whole && self.notes.is_empty()
    }

    fn abandon(&mut self) {
        if let Some(second) = self.second.held() {
            second.abandon();
        }
        self.first.abandon();
    }

    fn cut(&mut self, cut: Cut) {
        if let Some(second) = self.second.held() {
            second.cut(cut);
        }
        self.first.cut(cut);
    }

    fn is_in(&self) -> bool {
        self.first.is_in() || matches!(&self.second, Second::Held(second) if second.is_in())
    }

    fn reach(&self) -> usize {
        let second = if let Second::Held(second) = &self.second { second.reach() } else { 1 };
        self.first.reach().max(second)
    }

    fn failures(&mut self, phase: Phase, convert: Convert<'_, Failures>) -> Failures {
        let mut all = Failures::default();
        all.add_member(0, self.first.failures(phase, Convert::Into));
        if let Some(second) = self.second.held() {
            all.add_member(1, second.failures(phase, Convert::Into));
        }
        self.notes.tell("then", phase, &mut all);
        all.converted("then", phase, convert)
    }

    hold_of_group!("then");
}
