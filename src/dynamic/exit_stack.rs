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

dynamic_set! {
    /// Holds members that are entered while the body runs, and exits them one by one, in reverse order of entering.
    ///
    /// The body works with an [`OpenStack`]. A stack whose members were moved out of a body, by
    /// [`take_all`](OpenStack::take_all), holds them until it is exited: [by hand](Self::close), or as a resource, in a
    /// scope, a group or another stack. If it is dropped, they are [abandoned](Resource::abandon), the last one first.
    ///
    /// If the members can be exited concurrently, an [`ExitPool`](crate::ExitPool) is faster.
    ///
    /// # Order
    ///
    /// Members are exited one by one, in reverse of the order in which they entered (law
    /// [`stack-order`](crate::laws#stack-order)). If an exit fails, the others still run. In the failures the position
    /// of a member in the stack is the number of members that entered before it, including those whose enter was
    /// dropped when a part of them had entered.
    ///
    /// Each member is dropped before the exit of the one before it begins. So that exit can take back something that
    /// the member shared, for example by `Arc::try_unwrap`.
    ///
    /// # Cancel safety
    ///
    /// If the scope is dropped, or the stack itself, members whose exit has not begun are abandoned, in reverse order.
    /// An exit in flight is dropped, with its guard. If the scope is on a reaper, all members are exited there.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Mutex;
    /// use withal::{ExitStack, Resource, ResourceExt, resource};
    ///
    /// fn session(log: &Mutex<Vec<u32>>, id: u32) -> impl Resource<Guard = u32> {
    ///     resource(async move || Ok(id), async |id, _| Ok(log.lock().unwrap().push(id)))
    /// }
    ///
    /// # futures::executor::block_on(async {
    /// let log = Mutex::default();
    /// let sum = ExitStack::new()
    ///     .scope(async |stack| {
    ///         let first = stack.enter(session(&log, 1)).await?;
    ///         stack.defer(async |outcome| Ok(println!("on the way out: {outcome:?}")));
    ///         let second = stack.enter(session(&log, *first + 1)).await?;
    ///         anyhow::Ok(*first + *second)
    ///     })
    ///     .await?;
    /// assert_eq!((sum, log.into_inner()?), (3, vec![2, 1]));
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    ///
    /// Enter all members or none, and move them out of the body. If an enter fails, the members that had entered are
    /// exited:
    ///
    /// ```
    /// use withal::{ExitStack, Resource, ResourceExt, defer};
    ///
    /// async fn open<R: Resource + 'static>(members: Vec<R>) -> anyhow::Result<ExitStack<'static>> {
    ///     ExitStack::new()
    ///         .scope(async |stack| {
    ///             for member in members {
    ///                 stack.enter(member).await?;
    ///             }
    ///             anyhow::Ok(stack.take_all())
    ///         })
    ///         .await
    /// }
    ///
    /// # futures::executor::block_on(async {
    /// let members = (0..3).map(|id| defer(async move |_| Ok(println!("{id} is closed")))).collect();
    /// let stack = open(members).await?;
    /// assert_eq!(stack.len(), 3);
    /// stack.close().await?;
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[doc(alias = "AsyncExitStack")]
    #[doc(alias = "AsyncDisposableStack")]
    ExitStack,
    /// Enters members while the body of an [`ExitStack`] runs.
    ///
    /// Entering borrows it, and so does every [`Handle`]. So no member can be entered on a stack that is being exited,
    /// and no handle outlives the body.
    OpenStack,
    Order::OneByOne
}
