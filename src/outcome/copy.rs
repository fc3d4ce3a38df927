use super::{Cause, CauseRef, CauseSource, Outcome, OutcomeKind};
use crate::unwind::catch;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// An owned form of the scope's outcome: the kind, and the text of the cause.
#[expect(missing_debug_implementations, unnameable_types, reason = "nobody outside of this crate can name it")]
pub struct OutcomeCopy {
    kind: OutcomeKind,
    cause: String,
    voted: AtomicBool,
}

impl OutcomeCopy {
    pub(crate) fn new(outcome: Outcome<'_>, wants_cause: bool) -> Self {
        let cause = match outcome {
            Outcome::Failed(cause) | Outcome::EnterFailed(cause) | Outcome::MemberFailed(cause) if wants_cause => {
                catch(|| format!("{cause:?}")).unwrap_or_else(|_| "an error whose `Debug` panics".to_owned())
            }
            _ => String::new(),
        };
        Self { kind: outcome.kind(), cause, voted: AtomicBool::new(false) }
    }

    pub(crate) fn kind(&self) -> OutcomeKind {
        self.kind
    }

    pub(crate) fn outcome(&self) -> Outcome<'_> {
        let cause = || Cause::new(self);
        match self.kind {
            OutcomeKind::Completed => Outcome::Completed,
            OutcomeKind::Failed => Outcome::Failed(cause()),
            OutcomeKind::EnterFailed => Outcome::EnterFailed(cause()),
            OutcomeKind::MemberFailed => Outcome::MemberFailed(cause()),
            OutcomeKind::Panicked => Outcome::Panicked,
            OutcomeKind::Cancelled => Outcome::Cancelled,
            OutcomeKind::Released => Outcome::Released,
        }
    }

    /// Returns `true` if the receiver of this outcome voted that the error is handled.
    pub(crate) fn has_voted(&self) -> bool {
        self.voted.load(SeqCst)
    }
}

impl CauseSource for OutcomeCopy {
    fn as_cause(&self) -> CauseRef<'_> {
        CauseRef::Opaque(&self.cause)
    }

    fn vote(&self) {
        self.voted.store(true, SeqCst);
    }
}
