use super::handle::Handle;
use super::set::{Order, Set, closed};
use super::set_hold::{Held, OpenSet};
use crate::closures::{Adopt, Defer, SendDefer, SendExit};
use crate::error::{Failures, ScopeError, ScopeErrorKind};
use crate::group;
use crate::member::{Hold, HoldToken};
use crate::outcome::Outcome;
use crate::resource::Resource;
use core::fmt;
use futures::TryFutureExt;

dynamic_set! {
    /// Holds members that are entered while the body runs, and exits them all at once.
    ///
    /// It differs from [`ExitStack`](crate::ExitStack) only in the order of exits. The body works with an [`OpenPool`].
    ///
    /// # Order
    ///
    /// All exits overlap. They are first polled in reverse of the order in which the members entered (law
    /// `stack-order`). In the failures the position of a member in the pool is the number of members that entered
    /// before it, including those whose enter was dropped when a part of them had entered.
    ///
    /// # Cancel safety
    ///
    /// If the scope is dropped, or the pool itself, members whose exit has not begun are
    /// [abandoned](Resource::abandon), in reverse order. Exits in flight are dropped, with their guards. If the scope
    /// is on a reaper, all members are exited there.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{ExitPool, ResourceExt};
    /// # use withal::testing::{Ledger, Script};
    ///
    /// # let ledger = Ledger::new();
    /// # let member = |id| ledger.member(id, Script::default());
    /// # futures::executor::block_on(async {
    /// let sum = ExitPool::new()
    ///     .scope(async |pool| {
    ///         let (a, b) = futures::try_join!(pool.enter(member(1)), pool.enter(member(2)))?;
    ///         anyhow::Ok(a.0 + b.0)
    ///     })
    ///     .await?;
    /// assert_eq!(sum, 3);
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    ExitPool,
    /// Enters members while the body of an [`ExitPool`] runs.
    ///
    /// Entering borrows it, and so does every [`Handle`]. So no member can be entered on a pool that is being exited,
    /// and no handle outlives the body.
    OpenPool,
    Order::AllAtOnce
}
