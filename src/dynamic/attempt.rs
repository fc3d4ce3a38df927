//! The enter of a member into a set.

use super::member::{DynMember, GuardCell, SetMember};
use crate::error::{Failures, NameKind, Phase};
use crate::lock::Mutex;
use crate::member::{Borrowed, EnterState, ExitWith, Hold, Interruption, Root};
use crate::observe::MemberPath;
use crate::panic_log::PanicLog;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::mem::replace;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
use core::task::Poll;

/// The state that an attempt to enter a member shares with the caller that waits for it.
pub(super) struct Attempt {
    state: EnterState,
    given_up: AtomicBool,
    /// Whether the members that had entered are being exited.
    rolling_back: AtomicBool,
    /// The failures, if the attempt is dropped.
    reported: Mutex<Failures>,
}

impl Attempt {
    /// Prepares to enter a member.
    pub(super) fn new(member: &impl Hold) -> Arc<Self> {
        let state = EnterState::default();
        if member.is_in() {
            state.note_entered();
        }
        Arc::new(Self {
            state,
            given_up: AtomicBool::new(false),
            rolling_back: AtomicBool::new(false),
            reported: Mutex::default(),
        })
    }

    /// Returns `true` if a part of the member has entered and has to be exited.
    pub(super) fn is_in_part(&self) -> bool {
        self.state.has_entered()
    }

    /// Returns `true` if the attempt has failed, and the parts that had entered are being exited.
    pub(super) fn is_rolling_back(&self) -> bool {
        self.rolling_back.load(SeqCst)
    }

    /// Cancels the attempt: on its next poll it drops the enters in flight, and after that it exits the members that
    /// had entered.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, SeqCst);
        self.state.note_cancelled();
    }

    /// Takes the failures of an attempt that was dropped.
    pub(super) fn take_failures(&self) -> Failures {
        core::mem::take(&mut *self.reported.lock())
    }

    /// Enters a member and puts its guard into the cell. If it fails, or is cancelled, exits the parts that had
    /// entered. It never panics, neither when it is polled nor when it is dropped: panics are among the failures.
    pub(super) async fn run<'a, H: Hold + 'a>(
        self: Arc<Self>,
        member: H,
        cell: Arc<GuardCell<H::Guard>>,
        place: MemberPath,
    ) -> Result<Box<dyn DynMember + 'a>, Failures> {
        let destructors = PanicsToFailures { panics: PanicLog::new(), reported: &self.reported };
        let mut member = Some(member);
        let mut member = crate::panic_log::CatchOnDrop::new(&mut member, &destructors.panics);
        let entered = {
            let entering = member.get().as_mut().expect("it is there until it is in");
            let root = Root::new(Borrowed(entering), &self.state, &destructors.panics);
            let mut underway = PhaseGuard { root, phase: Some(Phase::Enter), reported: &self.reported };
            underway.root.observe(&place);
            let entered = self.unless_given_up(underway.root.enter_all()).await;
            if entered == Some(true) {
                underway.phase = None;
                cell.put(underway.root.leave());
                Ok(())
            } else {
                underway.phase = Some(Phase::Exit);
                if entered.is_none() {
                    underway.root.give_up();
                    pause().await;
                }
                self.rolling_back.store(true, SeqCst);
                underway.root.exit(ExitWith::RollBack).await;
                underway.phase = None;
                Err(underway.root.take_failures())
            }
        };
        match entered {
            Ok(()) => {
                let member = member.get().take().expect("it is there until it is in");
                Ok(Box::new(SetMember::new(member, cell, place)))
            }
            Err(mut failures) => {
                member.clear();
                destructors.add_panics(&mut failures);
                Err(failures)
            }
        }
    }

    async fn unless_given_up(&self, enter: impl Future<Output = bool>) -> Option<bool> {
        let mut enter = pin!(enter);
        poll_fn(|cx| if self.given_up.load(SeqCst) { Poll::Ready(None) } else { enter.as_mut().poll(cx).map(Some) })
            .await
    }
}

/// Returns `Pending` once.
fn pause() -> impl Future<Output = ()> {
    let mut is_over = false;
    poll_fn(move |_| if replace(&mut is_over, true) { Poll::Ready(()) } else { Poll::Pending })
}

/// The member while a phase is in flight. If it is dropped during a phase, it stores the failures.
struct PhaseGuard<'e, 'p, H: Hold> {
    root: Root<'p, H>,
    phase: Option<Phase>,
    reported: &'e Mutex<Failures>,
}

impl<H: Hold> Drop for PhaseGuard<'_, '_, H> {
    fn drop(&mut self) {
        let Some(phase) = self.phase else { return };
        if phase == Phase::Enter {
            self.root.give_up();
        }
        let failures = self.root.interrupt(Interruption::ExitDropped);
        self.reported.lock().append(failures);
    }
}

/// The panics of destructors. On drop, the remaining ones are stored as failures.
struct PanicsToFailures<'t> {
    panics: PanicLog,
    reported: &'t Mutex<Failures>,
}

impl PanicsToFailures<'_> {
    fn add_panics(&self, failures: &mut Failures) {
        for panic in self.panics.take() {
            failures.add_panic(NameKind::OfType("resource"), Phase::Exit, panic);
        }
    }
}

impl Drop for PanicsToFailures<'_> {
    fn drop(&mut self) {
        if !self.panics.is_empty() {
            let mut failures = Failures::default();
            self.add_panics(&mut failures);
            self.reported.lock().append(failures);
        }
    }
}
