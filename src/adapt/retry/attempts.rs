use super::roll_back::{Members, RollBack};
use crate::adapt::timer::CatchTimer;
use crate::error::{Abandoned, BoxError, Elapsed, Failures, Phase};
use crate::member::{
    AttemptState, Borrower, EnterContext, ExitContext, Hold, Interruption, MapError, OwnFaults, unmapped,
};
use crate::observe::MemberPath;
use crate::work::Attendance;
use alloc::string::String;
use core::future::{Future, poll_fn};
use core::mem::{replace, take};
use core::ops::ControlFlow;
use core::pin::pin;
use core::task::Poll;

/// The hold of a resource that is entered again after an attempt that failed.
pub(super) struct Attempts<H, A, X> {
    members: Members<H, X>,
    roll_back: RollBack<H, X>,
    again: A,
    /// The number of attempts that have begun.
    count: usize,
    /// Whether the last attempt is being rolled back, or the next one is being waited for.
    is_between: bool,
    /// Whether another one would have begun, had it not been for another member. Then the last attempt has not failed.
    is_cut: bool,
    /// The failures of the last attempt, and of its roll-back.
    failures: Failures,
    /// Panics of `again` and of its timers, and a deadline that elapsed between two attempts.
    notes: OwnFaults,
}

impl<H, A, X> Attempts<H, A, X> {
    pub(super) fn new(hold: H, again: A, roll_back: RollBack<H, X>) -> Self {
        let (count, is_between, is_cut, failures, notes) = Default::default();
        Self { members: Members::Here(hold), roll_back, again, count, is_between, is_cut, failures, notes }
    }

    /// Adds the failures of an attempt and of its roll-back, which went on after the attempts.
    fn add(&mut self, mut left: Failures) {
        if self.is_cut {
            left.forget(Phase::Enter);
        }
        self.failures.append(left);
    }
}

/// Enters the members, as an attempt of its own. Returns `true` if none failed.
async fn enter<H: Hold>(hold: &mut H, entry: EnterContext<'_>) -> bool {
    let state = AttemptState::within(entry.state());
    let attended = AttendedInside { hold, outside: entry.state().attendance() };
    if let Some(attendance) = state.attendance() {
        attended.hold.attend(attendance);
    }
    state.entering(attended.hold.enter(entry.attempt(&state))).await && !state.has_failed()
}

/// Members whose work belongs to an attempt, as its failure is that of the attempt. On drop, it belongs to the scope.
struct AttendedInside<'h, H: Hold> {
    hold: &'h mut H,
    outside: Option<&'h Attendance>,
}

impl<H: Hold> Drop for AttendedInside<'_, H> {
    fn drop(&mut self) {
        if let Some(attendance) = self.outside {
            self.hold.attend(attendance);
        }
    }
}

/// Starts the timer if `again` returns one for the error of an attempt. Returns the failures of the attempt.
fn ask<H, A, T>(hold: &mut H, again: &mut A, count: usize, timer: &mut CatchTimer<'_, T>) -> Failures
where
    H: Hold,
    A: FnMut(&H::Error, usize) -> Option<T>,
    T: Future,
{
    let mut is_asked = false;
    let mut ask = |error: Result<H::Error, BoxError>| {
        if let (Ok(error), false) = (&error, replace(&mut is_asked, true)) {
            timer.start_if(|| again(error, count));
        }
        unmapped(error)
    };
    hold.failures(Phase::Enter, Some(&mut ask))
}

impl<H, A, X, T> Attempts<H, A, X>
where
    H: Hold,
    A: FnMut(&H::Error, usize) -> Option<T>,
    X: Future<Output = (H, Failures)>,
    T: Future,
{
    /// Runs one attempt, and waits for the time of the next one if it fails. Breaks with `true` if the members have
    /// entered, or if no attempt is to begin because the body will not run.
    async fn attempt(&mut self, entry: EnterContext<'_>) -> ControlFlow<bool> {
        let Self { members, roll_back, again, count, is_between, failures, notes, .. } = self;
        take(failures);
        *count += 1;
        let Members::Here(hold) = members else { return ControlFlow::Break(false) };
        if enter(hold, entry).await {
            return ControlFlow::Break(true);
        }
        if entry.is_in_vain() {
            return ControlFlow::Break(false);
        }
        let place = pin!(None);
        let mut timer = CatchTimer::new(place, notes);
        *failures = ask(hold, again, *count, &mut timer);
        if !timer.is_running() || failures.has_panic() {
            return ControlFlow::Break(false);
        }
        *is_between = true;
        members.begin(*roll_back, take(failures));
        *failures = members.finish().await;
        let is_rolled_back = failures.iter().all(|failure| failure.phase() == Phase::Enter);
        let waited = {
            // A timer that is ready at once ends the poll all the same. Else attempts that are never pending would keep
            // the signals, and other members, from being polled (law `signal-is-heard`).
            let mut is_first_poll = true;
            let waiting = poll_fn(|cx| {
                let polled = timer.poll(cx);
                let is_first = replace(&mut is_first_poll, false);
                // A timer that panics is no more.
                if polled.is_pending() && timer.is_running() {
                    return Poll::Pending;
                }
                if is_first {
                    timer.stop();
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(())
            });
            if is_rolled_back { entry.state().unless_in_vain(pin!(waiting)).await } else { Some(()) }
        };
        *is_between = false;
        timer.stop();
        match waited {
            Some(()) if is_rolled_back && timer.is_well() => ControlFlow::Continue(()),
            Some(()) => ControlFlow::Break(false),
            None => {
                // But for another member, the attempt would not have been the last one.
                take(failures);
                ControlFlow::Break(true)
            }
        }
    }
}

impl<H, A, X, T> Hold for Attempts<H, A, X>
where
    H: Hold,
    A: FnMut(&H::Error, usize) -> Option<T> + Send,
    X: Future<Output = (H, Failures)> + Send,
    T: Future + Send,
{
    type Guard = H::Guard;
    type Error = Failures;

    async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        (self.count, self.is_cut) = (0, false);
        loop {
            if let ControlFlow::Break(well) = self.attempt(entry).await {
                if !well {
                    entry.state().note_failure();
                }
                return well;
            }
        }
    }

    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        let left = self.members.finish().await;
        self.add(left);
        let well = match &mut self.members {
            Members::Here(hold) => hold.exit(exit).await,
            Members::RollingBack { .. } | Members::Gone(_) => true,
        };
        well && self.failures.is_empty() && self.notes.is_empty()
    }

    fn interrupt(&mut self, interruption: Interruption) {
        if let Members::Here(hold) = &mut self.members {
            hold.interrupt(interruption);
        }
        match interruption {
            Interruption::EnterAborted if self.is_between => {
                take(&mut self.failures);
                self.is_cut = true;
            }
            Interruption::EnterTimedOut if self.is_between => self.notes.own(Elapsed::new()),
            Interruption::EnterAbandoned if self.is_between => self.notes.own(Abandoned::IN_ENTER),
            Interruption::EnterAborted | Interruption::EnterTimedOut | Interruption::EnterAbandoned => {}
            Interruption::ExitTimedOut | Interruption::ExitDropped | Interruption::ExitAbandoned => {
                let left = self.members.cut(interruption, &mut self.notes);
                self.add(left);
            }
        }
        self.is_between = false;
    }

    fn abandon(&mut self) {
        match &mut self.members {
            Members::Here(hold) => hold.abandon(),
            members => self.failures.append(members.cut(Interruption::ExitDropped, &mut self.notes)),
        }
    }

    fn observe(&mut self, place: &MemberPath) {
        if let Members::Here(hold) = &mut self.members {
            hold.observe(place);
        }
    }

    fn attend(&mut self, attendance: &Attendance) {
        attendance.expect();
        if let Members::Here(hold) = &mut self.members {
            hold.attend(attendance);
        }
    }

    fn name_sets(&mut self, name: &str) {
        if let Members::Here(hold) = &mut self.members {
            hold.name_sets(name);
        }
    }

    fn take(&mut self) -> H::Guard {
        let Members::Here(hold) = &mut self.members else { panic!("a guard is taken only after all members entered") };
        hold.take()
    }

    fn put(&mut self, guard: Option<H::Guard>, by: Borrower) -> bool {
        match &mut self.members {
            Members::Here(hold) => hold.put(guard, by),
            Members::RollingBack { .. } | Members::Gone(_) => false,
        }
    }

    fn show(&mut self, guard: &H::Guard) {
        if let Members::Here(hold) = &mut self.members {
            hold.show(guard);
        }
    }

    fn is_in(&self) -> bool {
        match &self.members {
            Members::Here(hold) => hold.is_in(),
            Members::RollingBack { .. } => true,
            Members::Gone(_) => false,
        }
    }

    fn reach(&self) -> usize {
        if let Members::Here(hold) = &self.members { hold.reach() } else { 1 }
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, Failures>) -> Failures {
        let mut all = take(&mut self.failures);
        if let Members::Here(hold) = &mut self.members {
            all.append(hold.failures(phase, None));
        }
        let name = self.members.name();
        self.notes.tell(&name, phase, &mut all);
        if phase == Phase::Enter {
            all.note_attempts(self.count);
        }
        all.mapped(&name, phase, map)
    }

    fn name(&self) -> String {
        self.members.name()
    }

    hold_of_group!();
}
