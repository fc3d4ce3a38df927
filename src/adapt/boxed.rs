use crate::error::{BoxError, Failures, Phase};
use crate::kind::kind_of;
use crate::member::{Borrower, EnterContext, ExitContext, Hold, HoldToken, Interruption, MapError, boxed};
use crate::observe::MemberPath;
use crate::resource::Resource;
use crate::unwind::catch;
use crate::work::Attendance;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use futures::future::BoxFuture;

/// Any resource whose guard is a `G`, as one type. Returned by [`boxed`](crate::ResourceExt::boxed).
///
/// It takes four allocations: for the resource, for its state in a scope, and for each of its futures.
#[must_use = "a resource does nothing until a scope enters it"]
pub struct BoxResource<'a, G: 'a>(Box<dyn Boxed<G> + 'a>);

impl<'a, G: Send> BoxResource<'a, G> {
    pub(super) fn new(resource: impl Resource<Guard = G> + 'a) -> Self {
        Self(Box::new(resource))
    }
}

impl<G> fmt::Debug for BoxResource<'_, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BoxResource").field(&self.0.shown_name()).finish()
    }
}

impl<G: Send> Resource for BoxResource<'_, G> {
    type Guard = G;
    type Error = BoxError;

    by_hand!();

    fn abandon(&mut self, guard: G) {
        self.0.boxed_abandon(guard);
    }

    fn name(&self) -> &str {
        self.0.boxed_name()
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = G, Error = BoxError> {
        Held(self.0.boxed_hold())
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = G, Error = BoxError> {
        Held(self.0.boxed_into_hold())
    }
}

/// The object-safe part of a resource.
trait Boxed<G>: Send {
    fn boxed_hold(&mut self) -> Box<dyn BoxedHold<G> + '_>;
    fn boxed_into_hold<'h>(self: Box<Self>) -> Box<dyn BoxedHold<G> + 'h>
    where
        Self: 'h;
    fn boxed_abandon(&mut self, guard: G);
    fn boxed_name(&self) -> &str;
    /// Returns the name for `Debug`: the resource's, or that of its type if `name` panics.
    fn shown_name(&self) -> String;
}

impl<R: Resource> Boxed<R::Guard> for R {
    fn boxed_hold(&mut self) -> Box<dyn BoxedHold<R::Guard> + '_> {
        Box::new(self.hold(HoldToken))
    }

    fn boxed_into_hold<'h>(self: Box<Self>) -> Box<dyn BoxedHold<R::Guard> + 'h>
    where
        Self: 'h,
    {
        Box::new((*self).into_hold(HoldToken))
    }

    fn boxed_abandon(&mut self, guard: R::Guard) {
        self.abandon(guard);
    }

    fn boxed_name(&self) -> &str {
        self.name()
    }

    fn shown_name(&self) -> String {
        catch(|| self.name().to_owned()).unwrap_or_else(|_| kind_of::<R>().to_owned())
    }
}

/// A hold as a trait object, by which the members of a boxed group are part of the set around it.
trait BoxedHold<G>: Send {
    fn observe(&mut self, place: &MemberPath);
    fn attend(&mut self, attendance: &Attendance);
    fn enter<'h>(&'h mut self, entry: EnterContext<'h>) -> BoxFuture<'h, bool>;
    fn exit<'h>(&'h mut self, exit: ExitContext<'h>) -> BoxFuture<'h, bool>;
    fn take(&mut self) -> G;
    fn put(&mut self, guard: Option<G>, by: Borrower) -> bool;
    fn show(&mut self, guard: &G);
    fn abandon(&mut self);
    fn interrupt(&mut self, interruption: Interruption);
    fn is_in(&self) -> bool;
    fn name_sets(&mut self, name: &str);
    fn reach(&self) -> usize;
    fn failures(&mut self, phase: Phase, map: MapError<'_, BoxError>) -> Failures;
    fn name(&self) -> String;
}

impl<H: Hold> BoxedHold<H::Guard> for H {
    fn observe(&mut self, place: &MemberPath) {
        Hold::observe(self, place);
    }

    fn attend(&mut self, attendance: &Attendance) {
        Hold::attend(self, attendance);
    }

    fn enter<'h>(&'h mut self, entry: EnterContext<'h>) -> BoxFuture<'h, bool> {
        Box::pin(Hold::enter(self, entry))
    }

    fn exit<'h>(&'h mut self, exit: ExitContext<'h>) -> BoxFuture<'h, bool> {
        Box::pin(Hold::exit(self, exit))
    }

    fn take(&mut self) -> H::Guard {
        Hold::take(self)
    }

    fn put(&mut self, guard: Option<H::Guard>, by: Borrower) -> bool {
        Hold::put(self, guard, by)
    }

    fn show(&mut self, guard: &H::Guard) {
        Hold::show(self, guard);
    }

    fn abandon(&mut self) {
        Hold::abandon(self);
    }

    fn interrupt(&mut self, interruption: Interruption) {
        Hold::interrupt(self, interruption);
    }

    fn is_in(&self) -> bool {
        Hold::is_in(self)
    }

    fn name_sets(&mut self, name: &str) {
        Hold::name_sets(self, name);
    }

    fn reach(&self) -> usize {
        Hold::reach(self)
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, BoxError>) -> Failures {
        boxed(self, phase, map)
    }

    fn name(&self) -> String {
        Hold::name(self)
    }
}

struct Held<'a, G>(Box<dyn BoxedHold<G> + 'a>);

impl<G: Send> Hold for Held<'_, G> {
    type Guard = G;
    type Error = BoxError;

    fn observe(&mut self, place: &MemberPath) {
        self.0.observe(place);
    }

    fn attend(&mut self, attendance: &Attendance) {
        self.0.attend(attendance);
    }

    async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        self.0.enter(entry).await
    }

    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        self.0.exit(exit).await
    }

    fn take(&mut self) -> G {
        self.0.take()
    }

    fn put(&mut self, guard: Option<G>, by: Borrower) -> bool {
        self.0.put(guard, by)
    }

    fn show(&mut self, guard: &G) {
        self.0.show(guard);
    }

    fn abandon(&mut self) {
        self.0.abandon();
    }

    fn interrupt(&mut self, interruption: Interruption) {
        self.0.interrupt(interruption);
    }

    fn is_in(&self) -> bool {
        self.0.is_in()
    }

    fn name_sets(&mut self, name: &str) {
        self.0.name_sets(name);
    }

    fn reach(&self) -> usize {
        self.0.reach()
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, BoxError>) -> Failures {
        self.0.failures(phase, map)
    }

    fn name(&self) -> String {
        self.0.name()
    }

    hold_of_boxed!();
}
