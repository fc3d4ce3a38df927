use super::event::{Event, Violation, follow};
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

    /// Forgets what was recorded.
    pub fn clear(&self) {
        self.state().events.clear();
    }

    /// Checks that every member that entered was let go of exactly once, that nobody else was, and that nothing is under
    /// way (laws `exactly-once`, `never-entered`, `wait-for-exits`).
    ///
    /// # Errors
    ///
    /// The first [`Violation`], by member.
    pub fn check(&self) -> Result<(), Violation> {
        let events = self.events();
        let members: BTreeSet<_> = events.iter().filter_map(Event::member).collect();
        members.into_iter().try_for_each(|id| {
            let own: Vec<_> = events.iter().copied().filter(|event| event.member() == Some(id)).collect();
            follow(id, &own)
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
