//! One member in the hands of a scope or group.

mod entry;
mod fault;
mod kept;
mod leaf;
mod root;

pub(crate) use entry::Policy;
pub use entry::{Entry, EntryState, Exit};
pub use fault::{Borrower, Convert, Thrown};
pub(crate) use fault::{Fault, Notes, Uneven, boxed};
pub(crate) use kept::Kept;
pub(crate) use leaf::Leaf;
pub(crate) use root::Root;

use crate::error::{BoxError, Failures, Phase};
use crate::observe::Place;
use crate::resource::Resource;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

/// Keeps the state of a member outside of the futures that drive it.
///
/// So a future that enters or exits can be dropped at any time and loses nothing. The hold of a group is the holds of
/// its members: a tree of groups is one set, flat or nested alike (law `associative`), in which only the one who holds
/// the root starts a roll-back.
pub trait Hold: Send {
    /// That of the resource.
    type Guard: Send;
    /// That of the resource.
    type Error: Into<BoxError>;

    /// Tells all that is in here where it stands in a scope that is watched, before it is entered or exited.
    fn observe(&mut self, place: &Place);

    /// Sets the name under which the sets in here report failures, before they are entered. A later call adds the name
    /// of what is around.
    fn name_sets(&mut self, _: &str) {}

    /// Enters all that is in here; false when something in here failed. Resolves once nothing is in flight any more.
    ///
    /// What does not even start, as it would be in vain, is no failure: only the root knows whether all is in.
    fn enter(&mut self, entry: Entry<'_>) -> impl Future<Output = bool> + Send;

    /// Exits all that has entered, and nothing else; true when nothing went wrong.
    fn exit(&mut self, exit: &Exit<'_>) -> impl Future<Output = bool> + Send;

    /// Takes the guard out, after an enter that gave true.
    fn take(&mut self) -> Self::Guard;

    /// Puts the guard back, or as much of it as the borrower left; false when that is not all of it, or more.
    fn put(&mut self, guard: Option<Self::Guard>, by: Borrower) -> bool;

    /// Abandons all that has entered, the last member first.
    fn abandon(&mut self);

    /// Accounts for what was under way when the future that drove it was dropped on purpose.
    fn cut(&mut self, cut: Cut);

    /// Returns whether anything in here has entered, or was in from the start.
    fn is_in(&self) -> bool;

    /// Counts the members that one poll can reach.
    fn reach(&self) -> usize {
        1
    }

    /// Returns what went wrong since the last call, in member order, with paths from here on.
    fn failures(&mut self, phase: Phase, convert: Convert<'_, Self::Error>) -> Failures;

    /// Returns the name of the place, for a failure of no member in it: the resource's own name, or that of its type
    /// where the resource panics.
    fn name(&self) -> String {
        "resource".to_owned()
    }

    /// Returns the members' failures in an error that came by hand: a group's error holds them, that of a lone resource
    /// does not.
    fn failures_in(error: &mut Self::Error) -> Option<&mut Failures> {
        let _ = error;
        None
    }

    /// Adds the names that a scope would have put before those in an error that came by hand.
    fn add_names(&mut self, phase: Phase, failures: &mut Failures) {
        let _ = (phase, failures);
    }
}

/// Returns the name of sets within another name: the outer one first.
pub(crate) fn name_within(outer: &str, inner: &str) -> String {
    if inner.is_empty() { outer.to_owned() } else { format!("{outer}/{inner}") }
}

/// Returns the members' failures in an error of a resource that was called by hand. The resource is not held for that.
pub(crate) fn failures_in<'r, 'e, R: 'r, H: Hold>(
    _: impl FnOnce(&'r mut R) -> H,
    error: &'e mut H::Error,
) -> Option<&'e mut Failures> {
    H::failures_in(error)
}

/// Boxes an error of a resource that was called by hand, with the names that a scope would have added.
pub(crate) fn boxed_by_hand<R: Resource>(resource: &mut R, phase: Phase, error: R::Error) -> BoxError {
    let mut error = error.into();
    if let Some(failures) = error.downcast_mut::<Failures>() {
        resource.hold().add_names(phase, failures);
    }
    error
}

/// Why a future that drove a phase was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Another member failed, or the scope was cancelled: the enters are nobody's fault.
    EnterGivenUp,
    /// The enters were late.
    EnterLate,
    /// The exits were late. What has not begun to exit is abandoned.
    ExitLate,
    /// The same, unless the scope was dropped: who knows that is further up, and asks for the failures only if they
    /// were late.
    ExitDropped,
}
