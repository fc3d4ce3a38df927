use super::closures::{Exit, OfOutcome};
use super::{Misuse, SendDefer};
use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::resource::Resource;
use std::fmt;

/// Makes a resource of an async closure that runs when the scope exits, and is told the [`Outcome`](crate::Outcome).
///
/// The closure returns a boxed error, so that a `?` in it takes every error.
///
/// # Errors
///
/// Those of the closure. A second enter is an error that says so.
///
/// # Cancel safety
///
/// If it is never entered, or the scope is dropped before the exit, the closure is dropped and not run.
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
pub fn defer<'a, X>(exit: X) -> Defer<'a>
where
    for<'o> X: SendDefer<Outcome<'o>> + 'a,
{
    Defer { is_entered: false, ..Defer::entered(exit) }
}

/// Runs a closure when it is exited. Made by [`defer`].
#[must_use = "a deferred exit runs only if a scope enters it"]
pub struct Defer<'a> {
    exit: Option<Box<dyn Exit<()> + 'a>>,
    is_entered: bool,
}

impl<'a> Defer<'a> {
    /// Makes one that is in.
    pub(crate) fn entered<X>(exit: X) -> Self
    where
        for<'o> X: SendDefer<Outcome<'o>> + 'a,
    {
        Self { exit: Some(Box::new(OfOutcome(exit))), is_entered: true }
    }
}

impl fmt::Debug for Defer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Defer").field("is_used_up", &self.is_entered).finish_non_exhaustive()
    }
}

impl Resource for Defer<'_> {
    type Guard = ();
    type Error = BoxError;

    async fn enter(&mut self) -> Result<(), BoxError> {
        if std::mem::replace(&mut self.is_entered, true) { Err(Misuse::UsedUp.into()) } else { Ok(()) }
    }

    async fn exit(&mut self, (): (), outcome: Outcome<'_>) -> Result<(), BoxError> {
        let exit = self.exit.take().ok_or(Misuse::UsedUp)?;
        exit.run((), outcome).await
    }
}
