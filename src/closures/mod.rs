//! Resources from closures, from one async function, or from a guard that exists already.

mod adopt;
mod around;
mod call_once;
mod defer;
mod handoff;
mod lend;
mod or_abandon;
mod resource_fn;
mod suppress;

pub use adopt::{Adopt, adopt};
pub use around::{Around, around};
pub use call_once::{SendDefer, SendExit};
pub use defer::{Defer, defer};
pub use lend::Lend;
pub use or_abandon::OrAbandon;
pub use resource_fn::{ResourceFn, resource};
pub use suppress::{Suppress, suppress};

use core::fmt;

/// The errors of a resource from closures that are not those of the closures.
#[derive(Debug)]
pub(crate) enum UsageError {
    UsedUp,
    NeverLent,
    GaveUp,
    NotReady,
    StartupDropped,
    EndedEarly,
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UsedUp => {
                "it can be entered only once, as its closures can be called only once: make a new one for each scope"
            }
            Self::NeverLent => "its function returned without lending a guard: it has to await `lend.lend(guard)`",
            Self::GaveUp => {
                "its function gave up lending before its guard was back: it has to await `lend.lend(guard)` to the end"
            }
            Self::NotReady => "it ended before it was ready: its function has to call `startup.ready(guard)`",
            Self::StartupDropped => {
                "it can never be ready: its function dropped its `Startup` instead of calling `startup.ready(guard)`"
            }
            Self::EndedEarly => "it ended before it had to stop",
        })
    }
}

impl core::error::Error for UsageError {}
