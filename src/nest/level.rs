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

/// The number of polls in which a body that is given up can poll a scope within it that was woken. If it does not, it
/// holds that scope, and awaits something else: it could not be cancelled if the scope were awaited. The number leaves
/// time for a scope that another thread polls.
const PATIENCE: u32 = 1000;

/// After a poll of the body, all within it is woken to see what the body still polls. If there is more of it than this,
/// that is done after one poll in so many.
const FEW: usize = 64;

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

/// It always holds that `unpolled_count + held_count <= in_count <= entries.len()`.
#[derive(Default)]
struct LevelState {
    stage: Stage,
    next: u64,
    entries: BTreeMap<u64, Entry>,
    /// The number of entries that are in.
    in_count: usize,
    /// The number of these that were woken, and not polled since.
    unpolled_count: usize,
    /// The number of these that the body holds, and does not poll.
    held_count: usize,
    /// Whether all were woken before the last poll of the body.
    is_expecting: bool,
    /// The number of polls of the body since all were woken.
    polls: u32,
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
    presence: Presence,
    /// Whether it was moved out of the body: then no poll of the body polls it.
    is_moved: bool,
}

/// Whether an entry is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Presence {
    #[default]
    Out,
    In,
    /// In, woken, and not polled since.
    Unpolled,
    /// In, and held by a body that does not poll it.
    Held,
}

impl LevelState {
    fn note_poll(&mut self, number: u64, is_moved: bool) {
        let Some(entry) = self.entries.get_mut(&number) else { return };
        entry.is_moved = is_moved;
        if entry.presence != Presence::Out {
            self.unpolled_count -= usize::from(entry.presence == Presence::Unpolled);
            self.held_count -= usize::from(entry.presence == Presence::Held);
            entry.presence = Presence::In;
        }
    }

    /// Records that an entry is out. Returns the waker of the body's driver, if it waits for that.
    fn note_out(&mut self, number: u64) -> Option<Waker> {
        let entry = self.entries.get_mut(&number).filter(|entry| entry.presence != Presence::Out)?;
        self.in_count -= 1;
        self.unpolled_count -= usize::from(entry.presence == Presence::Unpolled);
        self.held_count -= usize::from(entry.presence == Presence::Held);
        entry.presence = Presence::Out;
        self.driver_waker.take()
    }

    /// Expects a poll of each entry that is in and that the body can poll. Their wakers are woken after that.
    fn expect_polls(&mut self) {
        (self.polls, self.is_expecting) = (0, true);
        for entry in self.entries.values_mut().filter(|entry| entry.presence == Presence::In && !entry.is_moved) {
            entry.presence = Presence::Unpolled;
            self.unpolled_count += 1;
        }
    }

    /// Records that the body holds the entries that were not polled.
    fn hold_unpolled(&mut self) {
        self.is_expecting = false;
        self.held_count += take(&mut self.unpolled_count);
        for entry in self.entries.values_mut().filter(|entry| entry.presence == Presence::Unpolled) {
            entry.presence = Presence::Held;
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
        let presence = if is_in { Presence::In } else { Presence::Out };
        state.entries.insert(number, Entry { presence, ..Entry::default() });
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

    /// Records that the body is given up, and wakes all that are within.
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
    pub(super) fn is_quiet(&self, cx: &mut Context<'_>) -> bool {
        let waker = cx.waker().clone();
        let mut state = self.state();
        let mut wakers = Vec::new();
        state.polls += 1;
        if state.unpolled_count > 0 && state.polls > PATIENCE {
            state.hold_unpolled();
        } else if state.unpolled_count == 0 && !take(&mut state.is_expecting) {
            // The body can hold by now what it polled a moment ago.
            if state.polls as usize * FEW >= state.in_count {
                state.expect_polls();
                wakers = state.take_wakers();
            }
        }
        if state.unpolled_count > 0 {
            drop(state);
            each(wakers.into_iter().chain([waker]), Waker::wake);
            return false;
        }
        let is_quiet = state.in_count == state.held_count;
        let replaced = replace(&mut state.driver_waker, Some(waker).filter(|_| !is_quiet));
        drop(state);
        drop(replaced);
        each(wakers, Waker::wake);
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
