//! The state of one member of a scope or group.
//!
//! The hold of an adaptor is called `Held`, in the adaptor's file; that of `named` is `NamedHold`, which maps use as
//! well. A stack or pool has `dynamic/set_hold.rs`; the holds of groups are `Tuple`, `Array`, `List`, `Map` and
//! `Nobody`.

mod attempt;
mod borrowed;
mod concurrency_limit;
mod context;
mod fault;
mod leaf;
mod leaf_state;
mod named;
mod root;

pub(crate) use attempt::{AttemptState, EnterState};
pub(crate) use borrowed::Borrowed;
pub(crate) use concurrency_limit::ConcurrencyLimit;
pub(crate) use context::{EnterContext, ExitContext, Policy};
pub(crate) use fault::{Borrower, Fault, GuardMismatch, MapError, OwnFaults, boxed, unmapped};
pub(crate) use leaf::Leaf;
pub(crate) use named::NamedHold;
pub(crate) use root::{ExitWith, Root};

use crate::error::{BoxError, Failures, Phase};
use crate::member_future::{Catching, MemberFuture};
use crate::observe::MemberPath;
use crate::resource::Resource;
use crate::work::Attendance;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

/// The argument of the methods of [`Resource`] that only this crate calls and overrides: nobody else can name it.
#[derive(Clone, Copy, Debug)]
pub struct HoldToken;

/// Keeps the state of a member outside of the futures that drive it.
///
/// So a future that enters or exits can be dropped at any time without losing anything. The hold of a group consists of
/// the holds of its members. A tree of groups is one set, whether flat or nested (law `associative`), and only its root
/// starts a roll-back.
pub trait Hold: Send {
    /// The resource's guard.
    type Guard: Send;
    /// The resource's error.
    type Error: Into<BoxError>;

    /// Assigns every member below its place in the observed scope. Called before the first enter or exit.
    fn observe(&mut self, place: &MemberPath);

    /// Adds the work of every member below to a list, to be polled while the scope, or the set, is up. Called before
    /// the first enter, and again when members that have entered move to another scope or set.
    fn attend(&mut self, _: &Attendance) {}

    /// Sets the name under which the sets below report failures. Called before they are entered. Each further call adds
    /// an outer name.
    fn name_sets(&mut self, _: &str) {}

    /// Enters all members below. Returns `false` if one of them failed. Resolves once none is in flight.
    ///
    /// A member that is not started because the scope is failing already is not a failure: only the root knows whether
    /// every member entered.
    fn enter(&mut self, entry: EnterContext<'_>) -> impl Future<Output = bool> + Send;

    /// Exits the members that have entered, and no others. Returns `true` if all succeeded.
    fn exit(&mut self, exit: ExitContext<'_>) -> impl Future<Output = bool> + Send;

    /// Enters all members below, as [`enter`](Self::enter) does, for a group that catches the panics of all of its
    /// members together.
    fn enter_unwind(&mut self, entry: EnterContext<'_>) -> impl MemberFuture {
        Catching::new(self.enter(entry))
    }

    /// Exits the members that have entered, as [`exit`](Self::exit) does, for a group that catches the panics of all of
    /// its members together.
    fn exit_unwind(&mut self, exit: ExitContext<'_>) -> impl MemberFuture {
        Catching::new(self.exit(exit))
    }

    /// Takes the guard, after an enter that returned `true`.
    fn take(&mut self) -> Self::Guard;

    /// Puts the guard back, or the part of it that the borrower left. Returns `false` if guards are missing, or too
    /// many.
    fn put(&mut self, guard: Option<Self::Guard>, by: Borrower) -> bool;

    /// Shows the guard, which its owner keeps, to the sets below, whose members are in their guards. Called before
    /// `failures` of members that are up.
    fn show(&mut self, _: &Self::Guard) {}

    /// Abandons the members that have entered, the last one first.
    fn abandon(&mut self);

    /// Handles the calls that were in flight when the future that drove them was dropped on purpose.
    fn interrupt(&mut self, interruption: Interruption);

    /// Returns `true` if any member below has entered, or was entered from the start.
    fn is_in(&self) -> bool;

    /// Returns the number of members that one poll can reach.
    fn reach(&self) -> usize {
        1
    }

    /// Returns the failures since the last call, in member order, with paths that begin here.
    fn failures(&mut self, phase: Phase, map: MapError<'_, Self::Error>) -> Failures;

    /// Returns the name of the place, for a failure that belongs to no member below: the resource's own name, or that
    /// of its type if `name` panics.
    fn name(&self) -> String {
        "resource".to_owned()
    }

    /// Returns the members' failures in the error of a call by hand. A group's error holds them, that of a single
    /// resource does not.
    fn failures_in(error: &mut Self::Error) -> Option<&mut Failures> {
        let _ = error;
        None
    }

    /// Adds the names that a scope would have put before those in the error of a call by hand.
    fn add_names(&mut self, phase: Phase, failures: &mut Failures) {
        let _ = (phase, failures);
    }
}

/// Returns the name of a set: the outer name, and then the inner one, if there is one.
pub(crate) fn name_within(outer: &str, inner: &str) -> String {
    if inner.is_empty() { outer.to_owned() } else { format!("{outer}/{inner}") }
}

/// Returns the members' failures in the error of a resource that was called by hand. The function is never called: its
/// type names the hold.
pub(crate) fn failures_in<'r, 'e, R: 'r, H: Hold>(
    _: impl FnOnce(&'r mut R, HoldToken) -> H,
    error: &'e mut H::Error,
) -> Option<&'e mut Failures> {
    H::failures_in(error)
}

/// Boxes the error of a resource that was called by hand, with the names that a scope would have added.
pub(crate) fn boxed_by_hand<R: Resource>(resource: &mut R, phase: Phase, error: R::Error) -> BoxError {
    let mut error = error.into();
    if let Some(failures) = error.downcast_mut::<Failures>() {
        resource.hold(HoldToken).add_names(phase, failures);
    }
    error
}

/// The reason why a future that drove a phase was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// Another member failed, or the scope was cancelled. The enters in flight are not failures.
    EnterAborted,
    /// The enters timed out.
    EnterTimedOut,
    /// The exits timed out. Members whose exit has not begun are abandoned.
    ExitTimedOut,
    /// The exits timed out, or the scope was dropped. Only an ancestor knows which, and it reads the failures only
    /// after a timeout. Members whose exit has not begun are abandoned.
    ExitDropped,
    /// The scope was abandoned while its members entered. The enters in flight are failures.
    EnterAbandoned,
    /// The scope was abandoned. The exits in flight are failures, and so are the members whose exit has not begun: they
    /// are abandoned. Can come after [`EnterAbandoned`](Self::EnterAbandoned), and a second time.
    ExitAbandoned,
}

impl Interruption {
    /// Returns `true` if members whose exit has not begun are abandoned.
    pub(crate) fn abandons(self) -> bool {
        match self {
            Self::ExitTimedOut | Self::ExitDropped | Self::ExitAbandoned => true,
            Self::EnterAborted | Self::EnterTimedOut | Self::EnterAbandoned => false,
        }
    }
}
