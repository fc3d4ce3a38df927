use super::member::{ExitState, PlaceOfGuard, SetMember};
use super::set::closed;
use crate::adapt::{BoxResource, ResourceExt};
use crate::closures::UsageError;
use crate::error::{BoxError, Failures, Phase, ScopeError, ScopeErrorKind};
use crate::member::{Borrower, EnterContext, ExitContext, Hold, HoldToken, Interruption, Leaf, MapError};
use crate::observe::MemberPath;
use crate::outcome::Outcome;
use crate::panic_log::PanicLog;
use crate::resource::Resource;
use crate::work::Attendance;
use alloc::string::String;
use core::borrow::BorrowMut;
use core::fmt;
use core::ops::{Deref, DerefMut};

/// A member that was taken out of an [`ExitStack`](crate::ExitStack) or [`ExitPool`](crate::ExitPool), and is still
/// entered. Returned by [`Handle::take`](crate::Handle::take).
///
/// It derefs to the guard. It is exited by hand, or becomes a member of another scope, group or set. If it is dropped,
/// the member is [abandoned](Resource::abandon).
#[must_use = "what is dropped is abandoned, and not exited"]
pub struct Taken<'a, G> {
    member: Option<SetMember<'a>>,
    /// `None` once the guard is back.
    place: Option<PlaceOfGuard<'a, G>>,
    guard: Option<G>,
}

impl<'a, G> Taken<'a, G> {
    pub(super) fn new(member: SetMember<'a>, place: PlaceOfGuard<'a, G>, guard: G) -> Self {
        Self { member: Some(member), place: Some(place), guard: Some(guard) }
    }

    /// Exits the member with this outcome.
    ///
    /// # Errors
    ///
    /// The failures of the exit, as a [`ScopeError`] of kind `Exit`.
    ///
    /// # Panics
    ///
    /// Resumes a panic of the exit, when the exit has ended.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before its first poll, the member is abandoned. If it is dropped after that, the exit
    /// is dropped, with the guard that it holds, and [`exit_dropped`](Resource::exit_dropped) is called.
    pub async fn exit(mut taken: Self, outcome: Outcome<'_>) -> Result<(), ScopeError> {
        taken.give_back();
        // The member stays in its place, whose drop handles the failures if this future is dropped.
        if let Some(member) = &mut taken.member {
            member.get_mut().exit(outcome, &ExitState::new()).await;
        }
        closed(ScopeErrorKind::Exit, taken.member.take().map(SetMember::dismiss).unwrap_or_default())
    }

    /// Converts it back into a resource. Its enter returns the guard immediately, and it can be entered once.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{ExitPool, ExitStack, Handle, ResourceExt, Taken};
    ///
    /// # futures::executor::block_on(async {
    /// (ExitStack::new(), ExitPool::new())
    ///     .scope(async |(stack, pool)| {
    ///         let member = stack.adopt(7, async |id, _| Ok(println!("{id} is closed")));
    ///         let moved = pool.enter(Taken::into_resource(Handle::take(member))).await?;
    ///         anyhow::Ok(assert_eq!(*moved, 7)) // the pool exits it
    ///     })
    ///     .await?;
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    pub fn into_resource(taken: Self) -> BoxResource<'a, G>
    where
        G: Send + 'a,
    {
        let name = taken.member.as_ref().map_or_else(String::new, |member| {
            // The scope that it moves to observes it.
            member.shared().observe(MemberPath::default());
            member.shared().name()
        });
        Again(taken, name).boxed()
    }

    /// Returns the guard, and drops the member, which is neither exited nor abandoned then.
    pub fn into_guard(mut taken: Self) -> G {
        taken.take_guard()
    }

    fn take_guard(&mut self) -> G {
        self.guard.take().expect("the guard is there until it is given away")
    }

    /// Puts the guard back, if it is there. Nobody but the member has it from now on.
    fn give_back(&mut self) {
        if let (Some(place), Some(guard)) = (self.place.take(), self.guard.take()) {
            place.put(guard);
        }
    }
}

impl<G> Deref for Taken<'_, G> {
    type Target = G;

    fn deref(&self) -> &G {
        self.guard.as_ref().expect("the guard is there until it is given away")
    }
}

impl<G> DerefMut for Taken<'_, G> {
    fn deref_mut(&mut self) -> &mut G {
        self.guard.as_mut().expect("the guard is there until it is given away")
    }
}

impl<G: fmt::Debug> fmt::Debug for Taken<'_, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Taken").field(&**self).finish()
    }
}

impl<G> Drop for Taken<'_, G> {
    fn drop(&mut self) {
        let panics = PanicLog::new();
        self.give_back();
        if let Some(mut member) = self.member.take() {
            member.get_mut().abandon(&panics);
            panics.drop(member);
        }
    }
}

/// A member as a resource again, and its name.
struct Again<'a, G>(Taken<'a, G>, String);

impl<G: Send> Resource for Again<'_, G> {
    type Guard = G;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<G, BoxError> {
        Ok(self.0.guard.take().ok_or(UsageError::UsedUp)?)
    }

    async fn exit(&mut self, guard: G, outcome: Outcome<'_>) -> Result<(), BoxError> {
        self.0.guard = Some(guard);
        self.0.give_back();
        let Some(member) = &mut self.0.member else { return Ok(()) };
        let member = member.get_mut();
        member.exit(outcome, &ExitState::new()).await;
        let failures = member.failures();
        if failures.is_empty() { Ok(()) } else { Err(failures.into()) }
    }

    fn abandon(&mut self, guard: G) {
        let panics = PanicLog::new();
        self.0.guard = Some(guard);
        self.0.give_back();
        if let Some(member) = &mut self.0.member {
            member.get_mut().abandon(&panics);
        }
    }

    fn name(&self) -> &str {
        &self.1
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = G, Error = BoxError> {
        Held { leaf: Leaf::named_within(self) }
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = G, Error = BoxError> {
        Held { leaf: Leaf::named_within(self) }
    }
}

/// The hold of a member that was taken out. It counts as entered from the start (law `set-keeps`).
struct Held<'a, G: Send, P> {
    leaf: Leaf<Again<'a, G>, P>,
}

impl<'a, G: Send, P: BorrowMut<Again<'a, G>>> Held<'a, G, P> {
    /// Moves the guard to the leaf if the member was not entered again.
    fn claim(&mut self) {
        let guard = self.leaf.resource_mut().0.guard.take();
        self.leaf.claim(guard);
    }
}

impl<'a, G: Send, P: BorrowMut<Again<'a, G>> + Send> Hold for Held<'a, G, P> {
    type Guard = G;
    type Error = BoxError;

    forward_hold!(leaf: observe enter reach name);

    fn attend(&mut self, attendance: &Attendance) {
        if let Some(member) = &self.leaf.resource().0.member {
            member.shared().attend(attendance);
        }
    }

    fn exit(&mut self, exit: ExitContext<'_>) -> impl Future<Output = bool> + Send {
        self.claim();
        self.leaf.exit(exit)
    }

    fn take(&mut self) -> G {
        self.leaf.take()
    }

    fn put(&mut self, guard: Option<G>, by: Borrower) -> bool {
        self.leaf.put(guard, by)
    }

    /// The member's own work can have failed while the member is up.
    fn failures(&mut self, phase: Phase, map: MapError<'_, BoxError>) -> Failures {
        let member = self.leaf.resource().0.member.as_ref();
        let failures = member.map_or_else(Failures::default, |member| member.shared().up_failures(phase));
        self.leaf.add_failures(phase, failures);
        self.leaf.failures(phase, map)
    }

    fn abandon(&mut self) {
        self.claim();
        self.leaf.abandon();
    }

    fn interrupt(&mut self, interruption: Interruption) {
        if interruption.abandons() {
            self.claim();
        }
        self.leaf.interrupt(interruption);
    }

    fn is_in(&self) -> bool {
        self.leaf.is_in() || self.leaf.resource().0.guard.is_some()
    }
}
