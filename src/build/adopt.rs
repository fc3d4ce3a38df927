use super::closures::Exit;
use super::{Misuse, SendExit};
use crate::error::BoxError;
use crate::outcome::Outcome;
use crate::resource::Resource;
use core::fmt;

/// Makes a resource of something that is up already, and of an async closure that takes it down.
///
/// Its enter gives the guard at once; the exit gets it back with the [`Outcome`](crate::Outcome). The closure returns a
/// boxed error, so that a `?` in it takes every error.
///
/// # Errors
///
/// Those of the closure. A second enter is an error that says so.
///
/// # Cancel safety
///
/// If it is never entered, or the scope is dropped before the exit, the guard is dropped and the exit not run. If the
/// future of the exit is dropped, the guard is dropped with it.
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use withal::{ResourceExt, adopt};
///
/// # futures::executor::block_on(async {
/// let report = std::io::BufWriter::new(Vec::new());
/// let flushed = adopt(report, async |mut report, _| Ok(report.flush()?));
/// flushed.scope(async |report| Ok::<_, anyhow::Error>(report.write_all(b"all is well")?)).await?;
/// # anyhow::Ok(()) }).unwrap();
/// ```
pub fn adopt<G, X>(guard: G, exit: X) -> Adopt<G, X>
where
    G: Send,
    for<'o> X: SendExit<G, Outcome<'o>>,
{
    Adopt { guard: Some(guard), ..Adopt::without_guard(exit) }
}

/// Is up already, and is exited by a closure. Made by [`adopt`].
#[must_use = "what is adopted is dropped, and not exited, unless a scope enters it"]
pub struct Adopt<G, X> {
    guard: Option<G>,
    exit: Exit<X, G>,
}

impl<G, X> Adopt<G, X> {
    /// Makes one whose guard is elsewhere.
    pub(crate) fn without_guard(exit: X) -> Self
    where
        for<'o> X: SendExit<G, Outcome<'o>>,
    {
        Self { guard: None, exit: Exit::new(exit) }
    }
}

impl<G, X> fmt::Debug for Adopt<G, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adopt").field("is_used_up", &self.guard.is_none()).finish_non_exhaustive()
    }
}

impl<G: Send, X: Send> Resource for Adopt<G, X> {
    type Guard = G;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<G, BoxError> {
        Ok(self.guard.take().ok_or(Misuse::UsedUp)?)
    }

    async fn exit(&mut self, guard: G, outcome: Outcome<'_>) -> Result<(), BoxError> {
        self.exit.run(guard, outcome).await
    }
}
