use super::call_once::ExitOnce;
use super::{OrAbandon, SendDefer, UsageError};
use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::resource::Resource;
use core::fmt;

/// Creates a resource from an async closure that runs when the scope exits, and receives the
/// [`Outcome`](crate::Outcome).
///
/// The closure returns a boxed error, so that `?` converts every error.
///
/// # Errors
///
/// Those of the closure. A second enter returns an error.
///
/// # Cancel safety
///
/// If it is never entered, or the scope is dropped before the exit, the closure is dropped without being called. For a
/// scope that is dropped before the exit, [`or_abandon`](Defer::or_abandon) adds a closure that is called instead.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
/// use withal::{ResourceExt, defer};
///
/// # futures::executor::block_on(async {
/// let said = AtomicBool::new(false);
/// let goodbye = defer(async |_| {
///     said.store(true, SeqCst);
///     Ok(())
/// });
/// goodbye.scope(async |()| anyhow::Ok(assert!(!said.load(SeqCst)))).await?;
/// assert!(said.load(SeqCst));
/// # anyhow::Ok(()) }).unwrap();
/// ```
#[doc(alias = "callback")]
#[doc(alias = "finally")]
#[doc(alias = "cleanup")]
#[doc(alias = "onDispose")]
pub fn defer<X>(exit: X) -> Defer<X>
where
    for<'o> X: SendDefer<Outcome<'o>>,
{
    Defer { is_entered: false, ..Defer::entered(exit) }
}

/// A resource that runs a closure when it is exited. Returned by [`defer`].
#[must_use = "a deferred exit runs only if a scope enters it"]
pub struct Defer<X> {
    exit: ExitOnce<X, ()>,
    is_entered: bool,
}

impl<X> Defer<X> {
    /// Creates a resource that counts as entered.
    pub(crate) fn entered(exit: X) -> Self
    where
        for<'o> X: SendDefer<Outcome<'o>>,
    {
        Self { exit: ExitOnce::deferred(exit), is_entered: true }
    }

    /// Adds a closure that is called if the exit cannot be awaited. It receives the guard, which is `()`.
    ///
    /// An exit cannot be awaited if the scope's future (or the stack or pool that held the member) is dropped, if the
    /// signal of [`abandon_on`](crate::Scope::abandon_on) fires, or if a deadline passes before the exit begins.
    ///
    /// It does not run if an exit that has begun is dropped, or an enter. Clean-up that has to run in any case belongs
    /// in the `Drop` of the guard, or of a local of [`around`](crate::around()).
    ///
    /// It is called instead of the exit, at most once (law [`exactly-once`](crate::laws#exactly-once)). It is not
    /// called if the resource is never entered, nor if the future of an exit that has begun is dropped.
    ///
    /// # Panics
    ///
    /// A panic of the closure is caught. The other members are still abandoned.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::FutureExt;
    /// use std::future::pending;
    /// use std::sync::Mutex;
    /// use withal::{ResourceExt, defer};
    ///
    /// let log = Mutex::new(Vec::new());
    /// let goodbye = defer(async |_| Ok(log.lock().unwrap().push("said goodbye")))
    ///     .or_abandon(|()| log.lock().unwrap().push("left without a word"));
    /// let scope = goodbye.scope(async |()| anyhow::Ok(pending::<()>().await));
    /// assert!(scope.now_or_never().is_none()); // dropped in its body
    /// assert_eq!(*log.lock().unwrap(), ["left without a word"]);
    /// ```
    pub fn or_abandon<A: FnOnce(()) + Send>(self, abandon: A) -> OrAbandon<Self, A> {
        OrAbandon::new(self, abandon)
    }
}

impl<X> fmt::Debug for Defer<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Defer").field("is_used_up", &self.is_entered).finish_non_exhaustive()
    }
}

impl<X: Send> Resource for Defer<X> {
    type Guard = ();
    type Error = BoxError;

    async fn enter(&mut self) -> Result<(), BoxError> {
        if core::mem::replace(&mut self.is_entered, true) { Err(UsageError::UsedUp.into()) } else { Ok(()) }
    }

    async fn exit(&mut self, (): (), outcome: Outcome<'_>) -> Result<(), BoxError> {
        self.exit.run((), outcome).await
    }
}
