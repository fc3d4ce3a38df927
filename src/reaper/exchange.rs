//! The state that a scope and its task share.

use super::reaped::Hear;
use crate::error::Failures;
use crate::lock::{Mutex, MutexGuard};
use crate::member::EnterState;
use crate::nest::Level;
use crate::panic_log::PanicLog;
use crate::scope::OwnedOutcome;
use crate::unwind::CaughtPanic;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem::take;
use core::ops::Deref;
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering::SeqCst};

/// The values that the scope and its task pass to each other.
///
/// If nothing goes wrong, only the guard is passed under the lock, and everything else in flags, which are cheaper to
/// read and write. No user code runs while the lock is held.
pub(super) struct Exchange<G, X> {
    pub(super) state: EnterState,
    /// Whether all enters have ended.
    pub(super) is_settled: AtomicBool,
    /// Whether all members have entered.
    pub(super) all_in: AtomicBool,
    pub(super) outcome: AtomicOutcome,
    /// Whether the task has left failures of the members, or the body's error, to the scope.
    has_report: AtomicBool,
    /// Whether the scope is dropped, or being dropped.
    pub(super) is_detached: AtomicBool,
    shared: Mutex<ExchangeState<G, X>>,
}

pub(super) struct ExchangeState<G, X> {
    pub(super) guard: Option<G>,
    /// `None` until the first of these values is passed.
    extra: Option<Box<Extra<X>>>,
}

/// The values that are passed only if something goes wrong, or if the scope is dropped.
pub(super) struct Extra<X> {
    /// The body's error, while its exits receive it.
    pub(super) error: Option<X>,
    pub(super) body_panics: Vec<CaughtPanic>,
    /// The members' failures, if the scope is there to receive them.
    pub(super) failures: Failures,
    pub(super) detached: Option<Detached>,
    /// Whether the drop of the scope is over.
    pub(super) is_gone: bool,
    /// Panics that the task leaves to the scope if the task is dropped while the scope passes it to the reaper.
    pub(super) task_panics: Vec<CaughtPanic>,
}

/// What a scope that is dropped leaves to its task.
pub(super) struct Detached {
    pub(super) hear: Option<Arc<Hear>>,
    /// The number of the reaper.
    pub(super) reaper: usize,
    /// The level of a body that was dropped with the scope, if there were scopes within it.
    pub(super) level: Option<Arc<Level>>,
}

impl<G, X> Exchange<G, X> {
    pub(super) fn new(state: EnterState) -> Self {
        Self {
            state,
            is_settled: AtomicBool::new(false),
            all_in: AtomicBool::new(false),
            outcome: AtomicOutcome::default(),
            has_report: AtomicBool::new(false),
            is_detached: AtomicBool::new(false),
            shared: Mutex::new(ExchangeState { guard: None, extra: None }),
        }
    }

    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, ExchangeState<G, X>> {
        self.shared.lock()
    }

    /// Passes the error and the panics of the body to the task, which reports them if it outlives the scope.
    #[cold]
    pub(super) fn pass_failure(&self, error: Option<X>, panics: Vec<CaughtPanic>) {
        let mut shared = self.lock();
        let extra = shared.extra();
        (extra.error, extra.body_panics) = (error, panics);
    }

    /// Takes back the error and the panics of the body, once the members are exited.
    #[cold]
    pub(super) fn take_failure_back(&self) -> (Option<X>, Vec<CaughtPanic>) {
        let mut shared = self.lock();
        let extra = shared.extra();
        (extra.error.take(), take(&mut extra.body_panics))
    }

    /// Takes the error of the body, for the exits.
    #[cold]
    pub(super) fn take_error(&self) -> Option<X> {
        self.lock().extra().error.take()
    }

    /// Passes the failures of the members, and the error of the body, to the scope.
    #[cold]
    pub(super) fn report(&self, failures: Failures, error: Option<X>) {
        let mut shared = self.lock();
        let extra = shared.extra();
        (extra.failures, extra.error) = (failures, error);
        self.has_report.store(true, SeqCst);
    }

    #[inline]
    pub(super) fn take_failures(&self) -> Failures {
        if self.has_report.load(SeqCst) { take(&mut self.lock().extra().failures) } else { Failures::default() }
    }

    /// Records that the scope is being dropped. If its outcome is not fixed yet, it is cancelled. If not all members
    /// have entered, they are rolled back, and the outcome is not used.
    pub(super) fn detach(&self, detached: Detached) {
        self.lock().extra().detached = Some(detached);
        self.is_detached.store(true, SeqCst);
        self.outcome.set(OwnedOutcome::Cancelled);
    }

    /// Records that the scope is dropped, and takes the panics that the task left to it.
    pub(super) fn end(&self) -> Vec<CaughtPanic> {
        let mut shared = self.lock();
        let extra = shared.extra();
        extra.is_gone = true;
        take(&mut extra.task_panics)
    }

    /// Takes the level of the body that was dropped with the scope, and the number of the reaper.
    #[cold]
    pub(super) fn take_level(&self) -> Option<(Arc<Level>, usize)> {
        let mut shared = self.lock();
        let detached = shared.extra().detached.as_mut()?;
        Some((detached.level.take()?, detached.reaper))
    }

    /// Takes what is left of a scope that is dropped: the function of the reaper, and the panics of the body.
    #[cold]
    pub(super) fn take_detached(&self) -> (Option<Arc<Hear>>, Vec<CaughtPanic>) {
        let mut shared = self.lock();
        let extra = shared.extra();
        (extra.detached.as_mut().and_then(|detached| detached.hear.take()), take(&mut extra.body_panics))
    }
}

impl<G, X> ExchangeState<G, X> {
    #[cold]
    pub(super) fn extra(&mut self) -> &mut Extra<X> {
        self.extra.get_or_insert_with(|| {
            Box::new(Extra {
                error: None,
                body_panics: Vec::new(),
                failures: Failures::default(),
                detached: None,
                is_gone: false,
                task_panics: Vec::new(),
            })
        })
    }
}

/// An outcome that is set once. It is 0 until then, and then one more than the discriminant.
#[derive(Default)]
pub(super) struct AtomicOutcome(AtomicU8);

impl AtomicOutcome {
    const ALL: [OwnedOutcome; 6] = [
        OwnedOutcome::Completed,
        OwnedOutcome::Failed,
        OwnedOutcome::Panicked,
        OwnedOutcome::Cancelled,
        OwnedOutcome::MemberFailed,
        OwnedOutcome::RollBack,
    ];
    const IN_ORDER: () = {
        let mut index = 0;
        while index < Self::ALL.len() {
            assert!(Self::ALL[index] as usize == index, "an outcome stands where its discriminant says");
            index += 1;
        }
    };

    #[inline]
    pub(super) fn is_set(&self) -> bool {
        self.0.load(SeqCst) != 0
    }

    #[inline]
    pub(super) fn get(&self) -> Option<OwnedOutcome> {
        Self::ALL.get(usize::from(self.0.load(SeqCst)).wrapping_sub(1)).copied()
    }

    /// Sets the outcome, unless one is set already.
    #[inline]
    pub(super) fn set(&self, outcome: OwnedOutcome) {
        let () = Self::IN_ORDER;
        let _ = self.0.compare_exchange(0, outcome as u8 + 1, SeqCst, SeqCst);
    }
}

/// Access to the enter state of a task, to cancel it.
pub(super) struct EnterStateRef<G, X>(pub(super) Arc<Exchange<G, X>>);

impl<G, X> Deref for EnterStateRef<G, X> {
    type Target = EnterState;

    fn deref(&self) -> &EnterState {
        &self.0.state
    }
}

/// Decides where panics resume if the task is dropped before its end. If the scope is just passing the task to the
/// reaper, they resume where the scope is dropped, which then resumes the earliest of all. Otherwise they resume where
/// the task is dropped.
pub(super) struct PanicsOnDrop<'a, G, X> {
    pub(super) panics: &'a PanicLog,
    pub(super) exchange: &'a Exchange<G, X>,
}

impl<G, X> Drop for PanicsOnDrop<'_, G, X> {
    #[inline]
    fn drop(&mut self) {
        if self.exchange.is_detached.load(SeqCst) {
            self.pass_on();
        }
    }
}

impl<G, X> PanicsOnDrop<'_, G, X> {
    #[cold]
    fn pass_on(&self) {
        let (hear, body_panics) = self.exchange.take_detached();
        self.panics.drop(hear);
        let mut shared = self.exchange.lock();
        let extra = shared.extra();
        if extra.is_gone {
            for panic in body_panics {
                self.panics.push(panic);
            }
        } else {
            extra.task_panics.extend(body_panics);
            extra.task_panics.extend(self.panics.take());
        }
    }
}
