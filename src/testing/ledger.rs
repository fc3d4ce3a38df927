use super::check::Check;
use super::event::Event;
use super::scripted::{Script, Scripted};
use super::watched::Watched;
use crate::outcome::Outcome;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;
use std::vec::Vec;

/// The time for which a sweep waits for a wake by default.
const PATIENCE: Duration = Duration::from_secs(10);

/// Records the events of members and body, in their order, and checks them against the laws.
///
/// Clones share one ledger.
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
/// let outcome = OutcomeKind::Completed;
/// assert_eq!(ledger.events(), [
///     Event::EnterStarted(7),
///     Event::Entered(7),
///     Event::ExitStarted(7, outcome),
///     Event::Exited(7)
/// ]);
/// ledger.check().unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<LedgerState>>);

#[derive(Debug, Default)]
struct LedgerState {
    events: Vec<Event>,
    /// The wakers of pending calls, within a poll by hand.
    wakers: Vec<Waker>,
    polls: usize,
    /// The members whose `exit_dropped` was called, each with the number of events before that.
    exits_dropped: Vec<(usize, usize)>,
    /// The threads that are in a poll by hand.
    polling: Vec<ThreadId>,
    checks: Vec<Check>,
    patience: Option<Duration>,
}

impl Ledger {
    /// Creates an empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a member of this number that follows a script.
    pub fn member(&self, id: usize, script: Script) -> Scripted {
        Scripted::new(id, script, self.clone())
    }

    /// Wraps a resource of your own, and records its events under this number. Its guard and its errors do not change.
    ///
    /// A group is recorded as one member, and driven as by a resource that delegates to it. To record each of its
    /// members, watch them one by one.
    pub fn watch<R>(&self, id: usize, resource: R) -> Watched<R> {
        Watched::new(id, resource, self.clone())
    }

    /// Records an event.
    pub fn record(&self, event: Event) {
        self.state().events.push(event);
    }

    /// Returns the events recorded so far.
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
        self.exits_dropped().into_iter().map(|(id, _)| id).collect()
    }

    /// Returns the members whose `exit_dropped` was called, with the number of events before each call.
    pub(super) fn exits_dropped(&self) -> Vec<(usize, usize)> {
        self.state().exits_dropped.clone()
    }

    pub(super) fn count(&self) -> usize {
        self.state().events.len()
    }

    /// Removes all events. The [checks](Self::check_also) stay.
    pub fn clear(&self) {
        let mut state = self.state();
        state.events.clear();
        state.exits_dropped.clear();
    }

    /// Sets the time for which a sweep waits for a pending scene to be woken, before it panics with the names of the
    /// calls in flight. The default is ten seconds.
    pub fn set_patience(&self, patience: Duration) {
        self.state().patience = Some(patience);
    }

    pub(super) fn patience(&self) -> Duration {
        self.state().patience.unwrap_or(PATIENCE)
    }

    /// Runs a body, and records that it started, and that it ended or was dropped.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the body is, and then [`Event::BodyDropped`] is recorded.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::testing::{Event, Ledger, Script};
    /// use withal::ResourceExt;
    ///
    /// let ledger = Ledger::new();
    /// let member = ledger.member(0, Script::default());
    /// # futures::executor::block_on(async {
    /// member.scope(async |_| ledger.body(async { anyhow::Ok(()) }).await).await?;
    /// # anyhow::Ok(()) }).unwrap();
    /// assert_eq!(ledger.events()[1..4], [Event::Entered(0), Event::BodyStarted, Event::BodyEnded]);
    /// ```
    pub async fn body<F: Future>(&self, body: F) -> F::Output {
        let mut flight = PhaseRecord::body(self);
        let output = flight.during(body).await;
        flight.end(Event::BodyEnded);
        output
    }

    /// Is pending `times` times, and wakes itself. Within a [`poll`](Self::poll) by hand it is woken by the next one.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, nothing is recorded.
    pub async fn pend(&self, mut times: usize) {
        poll_fn(|cx| {
            if times == 0 {
                return Poll::Ready(());
            }
            times -= 1;
            let waker = cx.waker().clone();
            let mut state = self.state();
            if state.polling.contains(&thread::current().id()) {
                state.wakers.push(waker);
            } else {
                drop(state);
                waker.wake();
            }
            Poll::Pending
        })
        .await;
    }

    /// Wakes all calls that pend on this ledger, in the order in which they were polled, and polls a future once, by
    /// hand.
    ///
    /// A call that pended within such a poll waits for the next one, even if the future is awaited from then on.
    pub fn poll<F: Future + ?Sized>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        let mut state = self.state();
        state.polls += 1;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        let _polling = Polling::new(self);
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Returns the number of polls by hand, including one in progress.
    #[must_use]
    pub fn polls(&self) -> usize {
        self.state().polls
    }

    pub(super) fn add_check(&self, check: Check) {
        self.state().checks.push(check);
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        self.state().checks.clone()
    }

    fn state(&self) -> MutexGuard<'_, LedgerState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A poll by hand on this thread, until it is dropped.
struct Polling<'a>(&'a Ledger);

impl<'a> Polling<'a> {
    fn new(ledger: &'a Ledger) -> Self {
        ledger.state().polling.push(thread::current().id());
        Self(ledger)
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        let polling = &mut self.0.state().polling;
        let own = thread::current().id();
        if let Some(at) = polling.iter().rposition(|id| *id == own) {
            polling.remove(at);
        }
    }
}

/// A phase in flight. If it is dropped before its end, the phase was dropped or panicked.
pub(super) struct PhaseRecord<'a> {
    ledger: &'a Ledger,
    /// `None` once the phase has ended.
    cut: Option<DropEvents>,
    /// Whether the phase is being polled. A phase that is dropped outside of its polls did not panic, even if the
    /// thread unwinds.
    is_polled: bool,
}

struct DropEvents {
    dropped: Event,
    panicked: Event,
}

impl<'a> PhaseRecord<'a> {
    pub(super) fn enter(ledger: &'a Ledger, id: usize) -> Self {
        Self::new(ledger, Event::EnterStarted(id), Event::EnterDropped(id), Event::EnterPanicked(id))
    }

    pub(super) fn exit(ledger: &'a Ledger, id: usize, outcome: Outcome<'_>) -> Self {
        Self::new(ledger, Event::ExitStarted(id, outcome.kind()), Event::ExitDropped(id), Event::ExitPanicked(id))
    }

    fn body(ledger: &'a Ledger) -> Self {
        Self::new(ledger, Event::BodyStarted, Event::BodyDropped, Event::BodyEnded)
    }

    fn new(ledger: &'a Ledger, started: Event, dropped: Event, panicked: Event) -> Self {
        ledger.record(started);
        // It is created within the first poll.
        Self { ledger, cut: Some(DropEvents { dropped, panicked }), is_polled: true }
    }

    /// Runs the phase.
    pub(super) async fn during<F: Future>(&mut self, phase: F) -> F::Output {
        let mut phase = pin!(phase);
        poll_fn(|cx| {
            self.is_polled = true;
            let polled = phase.as_mut().poll(cx);
            self.is_polled = polled.is_ready();
            polled
        })
        .await
    }

    pub(super) fn end(mut self, event: Event) {
        self.cut = None;
        self.ledger.record(event);
    }
}

impl Drop for PhaseRecord<'_> {
    fn drop(&mut self) {
        if let Some(DropEvents { dropped, panicked }) = self.cut.take() {
            let panics = self.is_polled && std::thread::panicking();
            self.ledger.record(if panics { panicked } else { dropped });
        }
    }
}
