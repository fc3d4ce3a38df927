use super::Limit;
use crate::error::Failures;
use crate::group::{Group, sealed};
use crate::member::{Hold, HoldToken};
use crate::resource::Resource;

/// Creates a group that is entered one by one, and exited one by one in reverse, as nested `async with` is.
///
/// # Order
///
/// Each member is entered after the one before it has entered, and exited after the one behind it has exited (law
/// `series`), also if the group is a member of a concurrent one. The members of a group inside it are entered
/// concurrently when it is that group's turn. So `in_order` and tuples nest to any series-parallel graph. To create a
/// member from the guard of the one before it, use [`then`](crate::ResourceExt::then).
///
/// # Errors
///
/// Once a member of the scope has failed, in this group or elsewhere, or the scope is cancelled, members that wait for
/// their turn are not entered, and those that had entered are exited. If an exit fails, the others still run.
///
/// # Cancel safety
///
/// If the scope's future is dropped while it exits, the member whose exit is in flight loses its guard, and those whose
/// exit has not begun are [abandoned](Resource::abandon).
///
/// # Examples
///
/// ```
/// use withal::testing::{Event::*, Ledger, READY, Script};
/// use withal::{OutcomeKind::Completed, ResourceExt, in_order};
///
/// # futures::executor::block_on(async {
/// let ledger = Ledger::new();
/// let script = Script { enter: READY.pending(1), exit: READY.pending(1) };
/// let (network, a, b) = (ledger.member(0, script), ledger.member(1, script), ledger.member(2, script));
/// in_order((network, (a, b)))
///     .scope(async |(_network, (_a, _b))| anyhow::Ok(()))
///     .await?;
/// assert_eq!(ledger.events()[..4], [
///     EnterStarted(0), Entered(0), EnterStarted(1), EnterStarted(2), // both machines at once
/// ]);
/// assert_eq!(ledger.events()[6..8], [ExitStarted(2, Completed), ExitStarted(1, Completed)]); // and here
/// assert_eq!(ledger.events()[10..], [ExitStarted(0, Completed), Exited(0)]);
/// # anyhow::Ok(()) }).unwrap();
/// ```
pub fn in_order<G: Group>(group: G) -> InOrder<G> {
    InOrder { one_by_one: Limit::new(group, 1) }
}

/// Enters and exits the members of a group one by one. Created by [`in_order`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a resource does nothing until a scope enters it"]
pub struct InOrder<G> {
    one_by_one: Limit<G>,
}

impl<G: Group> Resource for InOrder<G> {
    type Guard = G::Guard;
    type Error = Failures;

    by_hand!();
    delegate_resource!(one_by_one: abandon name hold);
}

impl<G: Group> sealed::Sealed for InOrder<G> {}
impl<G: Group> Group for InOrder<G> {}
