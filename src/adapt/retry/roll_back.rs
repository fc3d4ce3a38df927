//! The roll-back of an attempt that failed, before the next one.
//!
//! It owns the hold of the members. So it is not cut when the future that waits for it is dropped, as under
//! `fail_fast`: the exit of the scope completes it.

use crate::error::Failures;
use crate::lock::Mutex;
use crate::member::{Borrowed, EnterState, Hold, Interruption, OwnFaults, Root};
use crate::panic_log::PanicLog;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::mem::{replace, take};
use core::pin::Pin;

/// Creates the future of a roll-back.
pub(super) type RollBack<H, X> = fn(H, Failures, Arc<Cut>) -> X;

/// The hold of the members, or the future that owns it.
pub(super) enum Members<H, X> {
    Here(H),
    RollingBack {
        future: Pin<Box<X>>,
        cut: Arc<Cut>,
        name: String,
    },
    /// The roll-back was dropped.
    Gone(String),
}

/// How a roll-back is dropped, and the failures that it leaves.
pub(super) struct Cut {
    interruption: Mutex<Interruption>,
    failures: Mutex<Failures>,
}

/// Exits the members that entered in an attempt with these failures. Adds the failures of the exits.
pub(super) async fn roll_back<H: Hold>(mut hold: H, failures: Failures, cut: Arc<Cut>) -> (H, Failures) {
    let (state, panics) = (EnterState::default(), PanicLog::new());
    let root = Root::new(Borrowed(&mut hold), &state, &panics);
    let mut exiting = CutOnDrop { root, cut: &cut, is_over: false };
    exiting.root.roll_back(failures).await;
    exiting.is_over = true;
    let failures = exiting.root.take_failures();
    drop(exiting);
    (hold, failures)
}

/// The members that exit. If it is dropped before they have, it leaves their failures. It never panics.
struct CutOnDrop<'c, 'p, H: Hold> {
    root: Root<'p, H>,
    cut: &'c Cut,
    is_over: bool,
}

impl<H: Hold> Drop for CutOnDrop<'_, '_, H> {
    fn drop(&mut self) {
        if !self.is_over {
            let interruption = *self.cut.interruption.lock();
            let failures = self.root.interrupt(interruption);
            self.cut.failures.lock().append(failures);
        }
    }
}

impl<H: Hold, X: Future<Output = (H, Failures)>> Members<H, X> {
    /// Begins the roll-back of an attempt with these failures.
    pub(super) fn begin(&mut self, roll_back: RollBack<H, X>, failures: Failures) {
        let name = self.name();
        if let Self::Here(hold) = replace(self, Self::Gone(String::new())) {
            let (interruption, left) = (Mutex::new(Interruption::ExitDropped), Mutex::default());
            let cut = Arc::new(Cut { interruption, failures: left });
            let future = Box::pin(roll_back(hold, failures, Arc::clone(&cut)));
            *self = Self::RollingBack { future, cut, name };
        }
    }

    /// Runs the roll-back to its end, if there is one. Returns the failures of the attempt, and of the exits.
    pub(super) async fn finish(&mut self) -> Failures {
        let Self::RollingBack { future, .. } = self else { return Failures::default() };
        let (hold, failures) = future.as_mut().await;
        *self = Self::Here(hold);
        failures
    }

    /// Drops the roll-back, if there is one: the members whose exit has not begun are abandoned. Returns the failures.
    pub(super) fn cut(&mut self, interruption: Interruption, notes: &mut OwnFaults) -> Failures {
        let Self::RollingBack { cut, name, .. } = self else { return Failures::default() };
        let (cut, name) = (Arc::clone(cut), take(name));
        *cut.interruption.lock() = interruption;
        let dropped = replace(self, Self::Gone(name));
        notes.caught(|| drop(dropped));
        take(&mut *cut.failures.lock())
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Here(hold) => hold.name(),
            Self::RollingBack { name, .. } | Self::Gone(name) => name.clone(),
        }
    }
}
