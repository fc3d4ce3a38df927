use crate::error::{BoxError, Failures};
use crate::unwind::discard;
use alloc::boxed::Box;
use core::panic::{RefUnwindSafe, UnwindSafe};

/// The function of `Reaper::on_failure`.
pub(super) type Hear = dyn Fn(Reaped) + Send + Sync;

/// The failures of a scope that a [`Reaper`](crate::Reaper) finished after the scope was dropped.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
/// use std::sync::mpsc;
/// use withal::{Outcome, Reaper, Resource, Scope};
///
/// struct Leaky;
/// impl Resource for Leaky {
///     type Guard = ();
///     type Error = String;
///     async fn enter(&mut self) -> Result<(), String> {
///         Ok(())
///     }
///     async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), String> {
///         Err("the lock is stuck".to_owned())
///     }
/// }
///
/// let (sender, receiver) = mpsc::channel();
/// let reaper = Reaper::new(|task| smol::spawn(task).detach())
///     .on_failure(move |reaped| sender.send(reaped.failures.to_string()).unwrap());
/// let body = async |_: &mut ()| std::future::pending::<anyhow::Result<()>>().await;
/// let scope = Scope::new(Leaky).on(&reaper).run(body);
/// smol::block_on(smol::future::poll_once(scope)); // polled once, and dropped
/// smol::block_on(reaper.idle());
/// assert_eq!(receiver.recv().unwrap(), "could not exit Leaky: the lock is stuck");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Reaped {
    /// The members' failures, including their panics.
    pub failures: Failures,
    /// The body's error, if the scope was dropped while its members were exited. Under `report` it is the error's
    /// `Debug` text. Under `run_local` and `report_local`, where the error stays on its thread, it is the name of the
    /// error's type.
    pub body: Option<BoxError>,
    /// The body's panic, if the scope was dropped while its members were exited.
    pub panic: Option<Box<dyn core::any::Any + Send>>,
}

/// Nobody sees it half changed: it is complete when it is passed on.
impl UnwindSafe for Reaped {}
impl RefUnwindSafe for Reaped {}

impl Reaped {
    pub(super) fn tell(self, hear: Option<&Hear>) {
        let tells = !self.failures.is_empty() || self.body.is_some() || self.panic.is_some();
        match hear {
            Some(hear) if tells => hear(self),
            _ => {
                let Self { failures, body, panic } = self;
                discard(failures);
                discard(body);
                discard(panic);
            }
        }
    }
}
