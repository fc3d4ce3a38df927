//! One level of nesting: the state that a body shares with the scopes and shields within it.

use super::registration::Registration;
use crate::error::Failures;
use crate::lock::{Mutex, MutexGuard};
use crate::unwind::{CaughtPanic, each};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::mem::{replace, take};
use core::task::{Context, Poll, Waker};

/// The number of further polls of a body that is given up. Scopes within it that were not polled in any of them are
/// dropped with the body: it holds them, and awaits something else, so it could not be cancelled if they were awaited.
/// The number leaves time for a scope that another thread polls.
const PATIENCE: u32 = 1000;

/// A body, and what is within it.
#[derive(Default)]
pub(crate) struct Level {
    /// The registration of the scope, or shield, whose body it is, with the body around it.
    around: Option<Registration>,
    state: Mutex<LevelState>,
}

/// The stage of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    Running,
    GivenUp,
    /// It was given up, and is dropped.
    Dropped,
}

/// It always holds that `unpolled_count` and `polled_count` are at most `in_count`, and that at most `entries.len()`.
#[derive(Default)]
struct LevelState {
    stage: Stage,
    next: u64,
    entries: BTreeMap<u64, Entry>,
    /// The number of entries that are in.
    in_count: usize,
    /// The number of entries that are in and were not polled since the body was given up.
    unpolled_count: usize,
    /// The number of polls of the body since these were woken.
    polls: u32,
    /// The number of the body's polls, and the number of entries that were polled in the last one and are in.
    round: u64,
    polled_count: usize,
    /// The waker of the body's driver, while it waits until all is quiet.
    driver_waker: Option<Waker>,
    failures: Failures,
    /// The panics of inner bodies.
    panics: Vec<CaughtPanic>,
    /// The reapers on which scopes that were within are finished, one for each of these scopes.
    unfinished_on: Vec<usize>,
    /// The waker of a task that waits until these are finished.
    reaped_waker: Option<Waker>,
}

/// A scope or a shield within the body, which is in until it is out, or a future that only listens.
#[derive(Default)]
struct Entry {
    waker: Option<Waker>,
    is_in: bool,
    is_unpolled: bool,
    /// The last poll of the body in which it was polled.
    round: u64,
    /// Whether it was moved out of the body: then no poll of the body polls it.
    is_moved: bool,
}

impl LevelState {
    fn note_poll(&mut self, number: u64, is_moved: bool) {
        let Some(entry) = self.entries.get_mut(&number) else { return };
        self.unpolled_count -= usize::from(take(&mut entry.is_unpolled));
        entry.is_moved = is_moved;
        if entry.is_in && !is_moved && entry.round != self.round {
            entry.round = self.round;
            self.polled_count += 1;
        }
    }

    /// Records that an entry is out. Returns the waker of the body's driver, if it waits for that.
    fn note_out(&mut self, number: u64) -> Option<Waker> {
        let entry = self.entries.get_mut(&number).filter(|entry| entry.is_in)?;
        entry.is_in = false;
        self.in_count -= 1;
        self.unpolled_count -= usize::from(take(&mut entry.is_unpolled));
        self.polled_count -= usize::from(!entry.is_moved && entry.round == self.round);
        self.driver_waker.take()
    }

    /// Expects a poll of all that are in, and that the body polls.
    fn expect_polls(&mut self) {
        self.polls = 0;
        for entry in self.entries.values_mut() {
            let is_unpolled = entry.is_in && !entry.is_moved;
            self.unpolled_count += usize::from(is_unpolled && !entry.is_unpolled);
            entry.is_unpolled |= is_unpolled;
        }
    }

    fn take_wakers(&mut self) -> Vec<Waker> {
        self.entries.values_mut().filter_map(|entry| entry.waker.take()).collect()
    }
}

impl Level {
    /// Creates the level of a scope, or shield, within a body.
    pub(super) fn within(around: Arc<Self>) -> Arc<Self> {
        Arc::new(Self { around: Some(around.register(true)), ..Self::default() })
    }

    fn state(&self) -> MutexGuard<'_, LevelState> {
        self.state.lock()
    }

    pub(super) fn around(&self) -> Option<&Registration> {
        self.around.as_ref()
    }

    /// Returns an iterator over this level, and all around it.
    pub(super) fn chain(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Self>> {
        core::iter::successors(Some(self), |level| level.around().map(Registration::level))
    }

    pub(super) fn stage(&self) -> Stage {
        self.state().stage
    }

    pub(super) fn register(self: Arc<Self>, is_in: bool) -> Registration {
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        state.in_count += usize::from(is_in);
        state.entries.insert(number, Entry { is_in, round: u64::MAX, ..Entry::default() });
        drop(state);
        Registration::new(self, number)
    }

    /// Records a poll of an entry, and has its waker woken when the stage changes. Returns the stage.
    pub(super) fn poll(&self, number: u64, is_moved: bool, cx: &mut Context<'_>) -> Stage {
        let waker = cx.waker().clone();
        let mut state = self.state();
        state.note_poll(number, is_moved);
        let now = state.stage;
        let entry = state.entries.get_mut(&number).filter(|_| now != Stage::Dropped);
        let unused = match entry {
            Some(entry) => entry.waker.replace(waker),
            None => Some(waker),
        };
        drop(state);
        drop(unused);
        now
    }

    /// Records that an entry is out. Returns the stage.
    pub(super) fn leave(&self, number: u64) -> Stage {
        let mut state = self.state();
        let driver = state.note_out(number);
        let now = state.stage;
        drop(state);
        each(driver, Waker::wake);
        now
    }

    pub(super) fn remove(&self, number: u64) {
        let mut state = self.state();
        let driver = state.note_out(number);
        let entry = state.entries.remove(&number);
        drop(state);
        drop(entry);
        each(driver, Waker::wake);
    }

    /// Gives the body up, and wakes all that are within.
    pub(super) fn give_up(&self) {
        let mut state = self.state();
        state.stage = Stage::GivenUp;
        state.expect_polls();
        wake_all(state);
    }

    /// Records that a body that was given up is dropped, and wakes what was moved out of it. A body that ended by
    /// itself cancels nothing.
    pub(super) fn close(&self) {
        let mut state = self.state();
        if state.stage == Stage::GivenUp {
            state.stage = Stage::Dropped;
            wake_all(state);
        }
    }

    /// Returns `true` if the body can be dropped, after a poll of it. If not, the poll's waker is woken when it can.
    ///
    /// After a poll in which nothing within was polled, all of it is woken: what the body does not poll then, it holds.
    pub(super) fn is_quiet(&self, cx: &mut Context<'_>) -> bool {
        let waker = cx.waker().clone();
        let mut state = self.state();
        let was_any_polled = take(&mut state.polled_count) > 0;
        state.round += 1;
        let mut wakers = Vec::new();
        if state.unpolled_count == 0 && !was_any_polled {
            state.expect_polls();
            if state.unpolled_count > 0 {
                wakers = state.take_wakers();
            }
        }
        if state.unpolled_count > 0 && state.polls < PATIENCE {
            state.polls += 1;
            drop(state);
            each(wakers.into_iter().chain([waker]), Waker::wake);
            return false;
        }
        let is_quiet = state.in_count == state.unpolled_count;
        let replaced = replace(&mut state.driver_waker, Some(waker).filter(|_| !is_quiet));
        drop(state);
        drop(replaced);
        is_quiet
    }

    /// Adds the failures of a scope that does not return into the body.
    pub(super) fn add_failures(&self, failures: Failures) {
        self.state().failures.append(failures.within_body());
    }

    pub(crate) fn take_failures(&self) -> Failures {
        take(&mut self.state().failures)
    }

    /// Adds a panic within the body, of a scope that does not return into it.
    pub(super) fn add_panic(&self, panic: CaughtPanic) {
        self.state().panics.push(panic);
    }

    pub(super) fn take_panics(&self) -> Vec<CaughtPanic> {
        take(&mut self.state().panics)
    }

    /// Records that a scope that was within is finished on this reaper.
    pub(super) fn note_reaping(&self, reaper: usize) {
        self.state().unfinished_on.push(reaper);
    }

    /// Records that a scope that was within is finished.
    pub(super) fn note_reaped(&self, reaper: usize) {
        let mut state = self.state();
        if let Some(at) = state.unfinished_on.iter().position(|other| *other == reaper) {
            state.unfinished_on.swap_remove(at);
        }
        let waker = state.reaped_waker.take();
        drop(state);
        each(waker, Waker::wake);
    }

    /// Waits until this reaper has finished all scopes that were within (law `nested-reap`).
    pub(crate) async fn reaped(&self, reaper: usize) {
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            let mut state = self.state();
            let is_reaped = !state.unfinished_on.contains(&reaper);
            let replaced = replace(&mut state.reaped_waker, Some(waker).filter(|_| !is_reaped));
            drop(state);
            drop(replaced);
            if is_reaped { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Wakers are foreign code, so they run outside of the lock.
fn wake_all(mut state: MutexGuard<'_, LevelState>) {
    let wakers = state.take_wakers();
    drop(state);
    each(wakers, Waker::wake);
}
