//! The enter of a member into a set.

use super::entry::{Desk, Entered, Entry};
use crate::error::{Failures, Name, Phase};
use crate::hold::{EntryState, Hold, Kept, Root};
use crate::lock::Mutex;
use crate::observe::MemberPath;
use crate::panic::Panics;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::mem::replace;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
use core::task::Poll;

/// The state that an attempt to enter a member shares with the caller that waits for it.
pub(super) struct Attempt {
    state: EntryState,
    given_up: AtomicBool,
    /// The failures, if the attempt is dropped.
    told: Mutex<Failures>,
}

impl Attempt {
    /// Prepares to enter a member.
    pub(super) fn new(member: &impl Hold) -> Arc<Self> {
        let state = EntryState::default();
        if member.is_in() {
            state.note_entered();
        }
        Arc::new(Self { state, given_up: AtomicBool::new(false), told: Mutex::default() })
    }

    /// Returns `true` if a part of the member has entered and has to be exited.
    pub(super) fn is_in_part(&self) -> bool {
        self.state.has_entered()
    }

    /// Cancels the attempt: on its next poll it drops the enters in flight, and after that it exits the members that
    /// had entered.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, SeqCst);
        self.state.note_cancelled();
    }

    /// Takes the failures of an attempt that was dropped.
    pub(super) fn take_failures(&self) -> Failures {
        core::mem::take(&mut *self.told.lock())
    }

    /// Enters a member and puts its guard on the desk. If it fails, or is cancelled, exits the parts that had entered.
    /// It never panics, neither when it is polled nor when it is dropped: panics are among the failures.
    pub(super) async fn run<'a, H: Hold + 'a>(
        self: Arc<Self>,
        member: H,
        desk: Arc<Desk<H::Guard>>,
        place: MemberPath,
    ) -> Result<Box<dyn Entered + 'a>, Failures> {
        let telling = Telling { panics: Panics::new(), told: &self.told };
        let mut member = crate::panic::Fragile::new(Some(member), &telling.panics);
        let entered = {
            let entering = member.get().as_mut().expect("it is there until it is in");
            let root = Root::new(Kept(entering), &self.state, &telling.panics);
            let mut underway = Underway { root, phase: Some(Phase::Enter), told: &self.told };
            underway.root.observe(&place);
            let entered = self.unless_given_up(underway.root.enter()).await;
            if entered == Some(true) {
                underway.phase = None;
                desk.put(underway.root.leave());
                Ok(())
            } else {
                underway.phase = Some(Phase::Exit);
                if entered.is_none() {
                    underway.root.give_up();
                    pause().await;
                }
                underway.root.exit(None).await;
                underway.phase = None;
                Err(underway.root.take_failures())
            }
        };
        match entered {
            Ok(()) => {
                let member = member.get().take().expect("it is there until it is in");
                Ok(Box::new(Entry::new(member, desk, place)))
            }
            Err(mut failures) => {
                member.clear();
                telling.add_panics(&mut failures);
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
struct Underway<'e, 'p, H: Hold> {
    root: Root<'p, H>,
    phase: Option<Phase>,
    told: &'e Mutex<Failures>,
}

impl<H: Hold> Drop for Underway<'_, '_, H> {
    fn drop(&mut self) {
        let Some(phase) = self.phase else { return };
        if phase == Phase::Enter {
            self.root.give_up();
        }
        let failures = self.root.cut();
        self.told.lock().append(failures);
    }
}

/// The panics of destructors. On drop, the remaining ones are stored as failures.
struct Telling<'t> {
    panics: Panics,
    told: &'t Mutex<Failures>,
}

impl Telling<'_> {
    fn add_panics(&self, failures: &mut Failures) {
        for panic in self.panics.take() {
            failures.add_panic(Name::OfType("resource"), Phase::Exit, panic);
        }
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        if !self.panics.is_empty() {
            let mut failures = Failures::default();
            self.add_panics(&mut failures);
            self.told.lock().append(failures);
        }
    }
}
