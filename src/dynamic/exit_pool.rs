use super::handle::Handle;
use super::set::{Order, Set, closed};
use super::set_hold::{Held, OpenSet};
use crate::adapt::at_most;
use crate::closures::{Adopt, Defer, SendDefer, SendExit};
use crate::error::{Failures, ScopeError, ScopeErrorKind};
use crate::group;
use crate::member::{Hold, HoldToken};
use crate::outcome::Outcome;
use crate::resource::Resource;
use core::fmt;

dynamic_set! {
    /// Holds members that are entered while the body runs, and exits them all at once.
    ///
    /// It differs from [`ExitStack`](crate::ExitStack) only in the order of exits. The body works with an [`OpenPool`].
    ///
    /// # Order
    ///
    /// All exits overlap, unless the pool has a [`limit`](Self::limit). They are first polled in reverse of the order
    /// in which the members entered (law [`stack-order`](crate::laws#stack-order)). In the failures the position of a
    /// member in the pool is the number of members that entered before it, including those whose enter was dropped when
    /// a part of them had entered.
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
    /// use withal::{ExitPool, Resource, ResourceExt, resource};
    ///
    /// fn session(id: u32) -> impl Resource<Guard = u32> {
    ///     resource(async move || Ok(id), async |id, _| Ok(println!("session {id} is closed")))
    /// }
    ///
    /// # futures::executor::block_on(async {
    /// let sum = ExitPool::new()
    ///     .scope(async |pool| {
    ///         let (a, b) = futures::try_join!(pool.enter(session(1)), pool.enter(session(2)))?;
    ///         anyhow::Ok(*a + *b)
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

impl ExitPool<'_> {
    /// Limits the number of members that the pool exits at a time (law [`bounded`](crate::laws#bounded)). If it has two
    /// limits, the narrower applies.
    ///
    /// The limit stays with the pool when it is [opened](Self::open), entered again, or when its members are
    /// [moved out](OpenPool::take_all). It is for the exits that the pool drives: when a scope exits it, when it is
    /// [closed](Self::close), on a reaper, and in each call of [`settle`](OpenPool::settle). Enters and early exits are
    /// driven by their callers, and are not limited. An early exit whose future was dropped waits for its turn with
    /// the others. In a group with a [`limit`](crate::ResourceExt::limit) the pool counts as one member.
    ///
    /// # Order
    ///
    /// The last `most` members begin to exit at once. Each time one is done, the one before them begins.
    ///
    /// # Panics
    ///
    /// If the limit is 0.
    ///
    /// # Cancel safety
    ///
    /// If the scope's future is dropped while the pool exits, members whose exit has not begun are
    /// [abandoned](Resource::abandon).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    /// use withal::{ExitPool, ResourceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> anyhow::Result<()> {
    /// let (closing, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    /// let full = ExitPool::new().limit(3).scope(async |pool| {
    ///     for id in 0..100 {
    ///         pool.adopt(id, async |_, _| {
    ///             most.fetch_max(closing.fetch_add(1, SeqCst) + 1, SeqCst);
    ///             tokio::task::yield_now().await; // it closes
    ///             closing.fetch_sub(1, SeqCst);
    ///             Ok(())
    ///         });
    ///     }
    ///     anyhow::Ok(pool.take_all())
    /// });
    /// full.await?.close().await?;
    /// assert_eq!(most.load(SeqCst), 3);
    /// # Ok(()) }
    /// ```
    #[doc(alias = "semaphore")]
    #[doc(alias = "concurrency")]
    #[track_caller]
    pub fn limit(self, most: usize) -> Self {
        let Self { set } = self;
        Self { set: set.limited(at_most(most)) }
    }
}
