//! One level of nesting: the state that a body shares with the scopes and shields within it.

use super::registration::Registration;
use crate::error::Failures;
use crate::lock::{Mutex, MutexGuard};
use crate::unwind::each;
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

/// It always holds that `unpolled_count <= in_count <= entries.len()`.
#[derive(Default)]
struct LevelState {
    stage: Stage,
    next: u64,
    entries: BTreeMap<u64, Entry>,
    /// The number of entries that are in.
    in_count: usize,
    /// The number of entries that are in and were not polled since the body was given up.
    unpolled_count: usize,
    /// The number of polls of the body since it was given up.
    polls: u32,
    /// The waker of the body's driver, while it waits until all is quiet.
    driver_waker: Option<Waker>,
    failures: Failures,
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
}

impl LevelState {
    fn note_poll(&mut self, number: u64) {
        if let Some(entry) = self.entries.get_mut(&number) {
            self.unpolled_count -= usize::from(take(&mut entry.is_unpolled));
        }
    }

    /// Records that an entry is out. Returns the waker of the body's driver, if it waits for that.
    fn note_out(&mut self, number: u64) -> Option<Waker> {
        self.note_poll(number);
        let was_in = self.entries.get_mut(&number).is_some_and(|entry| take(&mut entry.is_in));
        self.in_count -= usize::from(was_in);
        if was_in { self.driver_waker.take() } else { None }
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
        state.entries.insert(number, Entry { is_in, ..Entry::default() });
        drop(state);
        Registration::new(self, number)
    }

    /// Records a poll of an entry, and has its waker woken when the stage changes. Returns the stage.
    pub(super) fn poll(&self, number: u64, cx: &mut Context<'_>) -> Stage {
        let waker = cx.waker().clone();
        let mut state = self.state();
        state.note_poll(number);
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
        driver.into_iter().for_each(Waker::wake);
        now
    }

    pub(super) fn remove(&self, number: u64) {
        let mut state = self.state();
        let driver = state.note_out(number);
        let entry = state.entries.remove(&number);
        drop(state);
        drop(entry);
        driver.into_iter().for_each(Waker::wake);
    }

    /// Gives the body up, and wakes all that are within.
    pub(super) fn give_up(&self) {
        let mut state = self.state();
        let LevelState { stage, entries, in_count, unpolled_count, .. } = &mut *state;
        *stage = Stage::GivenUp;
        *unpolled_count = *in_count;
        for entry in entries.values_mut() {
            entry.is_unpolled = entry.is_in;
        }
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
    pub(super) fn is_quiet(&self, cx: &mut Context<'_>) -> bool {
        let waker = cx.waker().clone();
        let mut state = self.state();
        if state.unpolled_count > 0 && state.polls < PATIENCE {
            state.polls += 1;
            drop(state);
            waker.wake();
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

    pub(super) fn take_failures(&self) -> Failures {
        take(&mut self.state().failures)
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
        waker.into_iter().for_each(Waker::wake);
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
    let wakers: Vec<_> = state.entries.values_mut().filter_map(|entry| entry.waker.take()).collect();
    drop(state);
    each(wakers, Waker::wake);
}
