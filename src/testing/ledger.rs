use super::event::{Event, Violation, follow, follow_calls};
use super::scripted::{Script, Scripted};
use super::watched::Watched;
use crate::outcome::Outcome;
use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::vec::Vec;

/// Records what happens to members and body, in its order, and checks it against the laws.
///
/// All clones are one ledger.
///
/// # Examples
///
/// ```
/// use withal::testing::{Event, Ledger, READY, Script};
/// use withal::{OutcomeKind, ResourceExt};
///
/// let ledger = Ledger::new();
/// let script = Script { enter: READY, exit: READY };
/// # futures::executor::block_on(async {
/// ledger.member(7, script).scope(async |_| anyhow::Ok(())).await?;
/// # anyhow::Ok(()) }).unwrap();
/// let told = OutcomeKind::Completed;
/// assert_eq!(ledger.events(), [
///     Event::EnterStarted(7),
///     Event::Entered(7),
///     Event::ExitStarted(7, told),
///     Event::Exited(7)
/// ]);
/// ledger.check().unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    events: Vec<Event>,
    /// Those who pend, while somebody polls by hand.
    wakers: Vec<Waker>,
    polls: usize,
    /// The members whose `exit_dropped` was called, each with the number of events before that.
    exits_dropped: Vec<(usize, usize)>,
}

impl Ledger {
    /// Makes an empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a member of this number that follows a script.
    pub fn member(&self, id: usize, script: Script) -> Scripted {
        Scripted::new(id, script, self.clone())
    }

    /// Records what happens to a resource of your own under this number; its guard and its errors stay as they are.
    ///
    /// A group is recorded as one member, and driven as a resource that delegates to it would. To see each of its
    /// members, watch them one by one.
    pub fn watch<R>(&self, id: usize, resource: R) -> Watched<R> {
        Watched::new(id, resource, self.clone())
    }

    /// Records an event.
    pub fn record(&self, event: Event) {
        self.state().events.push(event);
    }

    /// Gives what was recorded so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    /// Records that [`exit_dropped`](crate::Resource::exit_dropped) was called for a member.
    pub(super) fn record_exit_dropped(&self, id: usize) {
        let mut state = self.state();
        let events = state.events.len();
        state.exits_dropped.push((id, events));
    }

    /// Returns the members whose [`exit_dropped`](crate::Resource::exit_dropped) was called, in the order of the calls.
    #[must_use]
    pub fn exit_dropped_calls(&self) -> Vec<usize> {
        self.state().exits_dropped.iter().map(|(id, _)| *id).collect()
    }

    /// Forgets what was recorded.
    pub fn clear(&self) {
        let mut state = self.state();
        state.events.clear();
        state.exits_dropped.clear();
    }

    /// Checks that every member that entered was let go of exactly once, that nobody else was, that nothing is under
    /// way, and that [`exit_dropped`](crate::Resource::exit_dropped) was called once at most for each exit that was
    /// dropped, after that (laws `exactly-once`, `never-entered`, `wait-for-exits`, `drop-any-time`).
    ///
    /// # Errors
    ///
    /// The first [`Violation`], by member.
    pub fn check(&self) -> Result<(), Violation> {
        let events = self.events();
        let calls = self.state().exits_dropped.clone();
        let members: BTreeSet<_> =
            events.iter().filter_map(Event::member).chain(calls.iter().map(|call| call.0)).collect();
        members.into_iter().try_for_each(|id| {
            let is_own = |event: &&Event| event.member() == Some(id);
            let own: Vec<_> = events.iter().filter(is_own).copied().collect();
            let own_before = |events_before: usize| events.iter().take(events_before).filter(is_own).count();
            let calls: Vec<_> = calls.iter().filter(|call| call.0 == id).map(|call| own_before(call.1)).collect();
            follow(id, &own)?;
            follow_calls(id, &own, &calls)
        })
    }

    /// Is pending so many times, and wakes itself; under [`poll`](Self::poll) it is woken by the next poll.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, nothing else happens.
    pub async fn pend(&self, mut times: usize) {
        poll_fn(|cx| {
            if times == 0 {
                return Poll::Ready(());
            }
            times -= 1;
            let mut state = self.state();
            if state.polls == 0 {
                drop(state);
                cx.waker().wake_by_ref();
            } else {
                state.wakers.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Wakes all who pend on this ledger, in the order in which they were polled, and polls a future once, by hand.
    pub fn poll<F: Future + ?Sized>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        let mut state = self.state();
        state.polls += 1;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Counts the polls by hand, the one under way included.
    #[must_use]
    pub fn polls(&self) -> usize {
        self.state().polls
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A phase under way: if it does not come to its end, it was dropped, or it panicked.
pub(super) struct InFlight<'a> {
    ledger: &'a Ledger,
    /// None once it is at its end.
    cut: Option<Cut>,
}

struct Cut {
    dropped: Event,
    panicked: Event,
    /// A drop while the thread unwinds already tells nothing of this phase.
    unwinding: bool,
}

impl<'a> InFlight<'a> {
    pub(super) fn enter(ledger: &'a Ledger, id: usize) -> Self {
        Self::new(ledger, Event::EnterStarted(id), Event::EnterDropped(id), Event::EnterPanicked(id))
    }

    pub(super) fn exit(ledger: &'a Ledger, id: usize, outcome: Outcome<'_>) -> Self {
        Self::new(ledger, Event::ExitStarted(id, outcome.kind()), Event::ExitDropped(id), Event::ExitPanicked(id))
    }

    fn new(ledger: &'a Ledger, started: Event, dropped: Event, panicked: Event) -> Self {
        ledger.record(started);
        Self { ledger, cut: Some(Cut { dropped, panicked, unwinding: std::thread::panicking() }) }
    }

    pub(super) fn end(mut self, event: Event) {
        self.cut = None;
        self.ledger.record(event);
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if let Some(Cut { dropped, panicked, unwinding }) = self.cut.take() {
            let panics = std::thread::panicking() && !unwinding;
            self.ledger.record(if panics { panicked } else { dropped });
        }
    }
}
