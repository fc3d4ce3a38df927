use crate::lock::Mutex;
use crate::observe::ScopeObserver;
use crate::wait_list::{WaitList, Waiter};
use crate::work::Attendance;
use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::sync::atomic::{
    AtomicBool,
    Ordering::{Relaxed, SeqCst},
};
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// The state of a scope, or of a set, while it is entered: that of its one attempt.
pub(crate) type EnterState = AttemptState<'static>;

/// The state that all places of a tree share during an attempt to enter it.
///
/// A part of a tree can have attempts of its own, whose failures are not those of the [outer](Self::within) attempt.
#[derive(Debug, Default)]
pub struct AttemptState<'p> {
    large: AtomicBool,
    entered: AtomicBool,
    failed: AtomicBool,
    cancelled: AtomicBool,
    abandoned: AtomicBool,
    /// Whether the groups under `fail_fast` stop.
    stopped: AtomicBool,
    can_be_cancelled: bool,
    is_by_hand: bool,
    has_no_attendance: bool,
    /// Those who wait in this attempt, and in the attempts within. It is created for the first of them.
    waits: Mutex<Option<Arc<Waits>>>,
    /// The work of the members.
    attendance: Attendance,
    /// Empty in a part of a scope, such as a member of a dynamic set: it has no outcome of its own.
    observer: ScopeObserver,
    outer: Option<&'p AttemptState<'p>>,
}

/// Those who wait for an event of an attempt.
#[derive(Debug, Default)]
struct Waits {
    /// The groups under `fail_fast` that the scope can stop.
    stop: WaitList,
    /// The members that wait before their next attempt.
    vain: WaitList,
}

impl EnterState {
    #[inline]
    pub(crate) fn new(can_be_cancelled: bool, observer: ScopeObserver) -> Self {
        Self { can_be_cancelled, observer, ..Self::default() }
    }

    /// Creates the state of a tree that is entered by hand: its holds are dropped once it is entered, and other holds
    /// exit it.
    pub(crate) fn by_hand() -> Self {
        Self { is_by_hand: true, has_no_attendance: true, ..Self::default() }
    }

    /// Creates the state of a tree that is owned: as by hand, its holds are dropped once it is entered, but its work is
    /// polled until other holds have exited it.
    pub(crate) fn owned(can_be_cancelled: bool, observer: ScopeObserver) -> Self {
        Self { is_by_hand: true, ..Self::new(can_be_cancelled, observer) }
    }
}

impl<'p> AttemptState<'p> {
    /// Creates the state of an attempt to enter a part of a tree, within an attempt to enter the tree.
    pub(crate) fn within(outer: &'p AttemptState<'p>) -> Self {
        Self {
            large: AtomicBool::new(outer.large.load(Relaxed)),
            can_be_cancelled: outer.can_be_cancelled,
            is_by_hand: outer.is_by_hand,
            has_no_attendance: outer.has_no_attendance,
            outer: Some(outer),
            ..Self::default()
        }
    }

    /// Records that the tree has many members.
    pub(super) fn note_large(&self) {
        self.large.store(true, Relaxed);
    }

    #[inline]
    pub(super) fn is_large(&self) -> bool {
        self.large.load(Relaxed)
    }

    #[inline]
    pub(super) fn is_by_hand(&self) -> bool {
        self.is_by_hand
    }

    pub(crate) fn can_be_cancelled(&self) -> bool {
        self.can_be_cancelled
    }

    #[inline]
    pub(crate) fn observer(&self) -> &ScopeObserver {
        &self.observer
    }

    /// Returns the list of the members' work. A tree that is entered by hand has none: nobody would poll it later.
    #[inline]
    pub(crate) fn attendance(&self) -> Option<&Attendance> {
        if self.has_no_attendance { None } else { Some(&self.attendance) }
    }

    /// Polls the work of the members that was woken. Returns `true` if some work has failed.
    #[inline]
    pub(crate) fn poll_work(&self, cx: &mut Context<'_>) -> bool {
        self.attendance.poll(cx)
    }

    /// Records that a member's work has failed while others enter, and stops the groups under `fail_fast`.
    #[cold]
    fn note_failed_work(&self) {
        self.note_failure();
        self.stop();
    }

    /// Returns `true` if this attempt, or an outer one, can be stopped from outside of a group.
    fn can_stop(&self) -> bool {
        self.can_be_cancelled || self.each().any(|state| state.attendance.is_expected())
    }

    fn stop(&self) {
        self.stopped.store(true, SeqCst);
        self.wake(|waits| &waits.stop);
    }

    fn is_stopped(&self) -> bool {
        self.each().any(|state| state.stopped.load(SeqCst))
    }

    /// Returns this attempt and the outer ones, outwards.
    fn each(&self) -> impl Iterator<Item = &AttemptState<'p>> {
        core::iter::successors(Some(self), |state| state.outer)
    }

    /// Returns the list of those who wait, which is that of the outermost attempt.
    fn waits(&self) -> Arc<Waits> {
        Arc::clone(self.outermost().waits.lock().get_or_insert_default())
    }

    /// Returns the attempt of the scope, or set, that this is a part of.
    pub(crate) fn outermost(&self) -> &AttemptState<'p> {
        self.each().last().unwrap_or(self)
    }

    /// Wakes those who wait: they look at their attempt, and the outer ones.
    fn wake(&self, list: impl FnOnce(&Waits) -> &WaitList) {
        let waits = self.outermost().waits.lock().clone();
        if let Some(waits) = waits {
            list(&waits).wake_all();
        }
    }

    /// Waits for a future, or until the body will not run. Resolves to `None` then.
    pub(crate) async fn unless_in_vain<F: Future>(&self, future: Pin<&mut F>) -> Option<F::Output> {
        unless(&self.waits().vain, || self.is_in_vain(), future).await
    }

    /// Waits for the enters of a group under `fail_fast`, or until such groups stop. Resolves to `None` then.
    pub(super) async fn unless_stopped<F: Future>(&self, entering: Pin<&mut F>) -> Option<F::Output> {
        if !self.can_stop() {
            return Some(entering.await);
        }
        unless(&self.waits().stop, || self.is_stopped(), entering).await
    }

    /// Runs the enters, and polls the work of the members after each of their polls: if some fails, the body will not
    /// run. Resolves to `false` if the scope is abandoned.
    #[inline]
    pub(crate) fn entering<F: Future<Output = bool>>(&self, members: F) -> EnterFuture<'_, F> {
        EnterFuture { members, state: self }
    }

    /// Runs the exits, and polls the work of the members after each of their polls. Resolves to `false` if the scope is
    /// abandoned.
    pub(super) fn exiting<'w, E: Future<Output = bool>>(
        &'w self,
        mut exit: Pin<&'w mut E>,
    ) -> impl Future<Output = bool> {
        poll_fn(move |cx| {
            if self.is_abandoned() {
                return Poll::Ready(false);
            }
            let polled = exit.as_mut().poll(cx);
            if polled.is_pending() {
                self.poll_work(cx);
            }
            polled
        })
    }

    /// Records that a member has entered, or was entered from the start.
    #[inline]
    pub(crate) fn note_entered(&self) {
        self.entered.store(true, Relaxed);
        if let Some(outer) = self.outer {
            outer.note_entered();
        }
    }

    /// Records that an enter failed. A later cancellation is not the cause then.
    pub(crate) fn note_failure(&self) {
        self.failed.store(true, SeqCst);
        self.wake(|waits| &waits.vain);
    }

    /// Returns `true` if an enter of this attempt has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(SeqCst)
    }

    /// Returns `true` if any member has entered.
    pub(crate) fn has_entered(&self) -> bool {
        self.entered.load(Relaxed)
    }

    /// Records that the scope is cancelled before all members have entered, unless an enter failed first. Returns
    /// `true` if none had failed.
    pub(crate) fn note_cancelled(&self) -> bool {
        let first = !self.failed.load(SeqCst);
        self.cancelled.fetch_or(first, SeqCst);
        self.wake(|waits| &waits.vain);
        first
    }

    /// Calls [`note_cancelled`](Self::note_cancelled), and stops the groups under `fail_fast` in any case, because
    /// their enters may hang.
    pub(crate) fn cancel(&self) -> bool {
        let first = self.note_cancelled();
        self.stop();
        first
    }

    #[inline]
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(SeqCst)
    }

    /// Returns `true` if the body will not run, so that starting another enter is pointless.
    #[inline]
    pub(crate) fn is_in_vain(&self) -> bool {
        self.failed.load(SeqCst) || self.is_cancelled() || self.outer.is_some_and(Self::is_in_vain)
    }

    /// Abandons the scope (law `abandon-on`): the next poll of the enters, or of the exits, is their last one, and
    /// drops those in flight. Returns `true` if no enter had failed.
    #[cold]
    pub(crate) fn abandon(&self) -> bool {
        self.abandoned.store(true, SeqCst);
        self.note_cancelled()
    }

    #[inline]
    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Relaxed)
    }
}

pin_project! {
    /// The enters of an attempt. It is no closure, so that it is stored once.
    #[must_use = "a future does nothing unless it is awaited"]
    pub(crate) struct EnterFuture<'s, F> {
        #[pin]
        members: F,
        state: &'s AttemptState<'s>,
    }
}

impl<F: Future<Output = bool>> Future for EnterFuture<'_, F> {
    type Output = bool;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let this = self.project();
        if this.state.is_abandoned() {
            return Poll::Ready(false);
        }
        let polled = this.members.poll(cx);
        if polled != Poll::Ready(false) && this.state.poll_work(cx) {
            this.state.note_failed_work();
        }
        polled
    }
}

/// Waits for a future, or until an event happens whose waiting tasks are in this list. Resolves to `None` then.
async fn unless<F: Future>(
    waiting: &WaitList,
    has_happened: impl Fn() -> bool,
    mut future: Pin<&mut F>,
) -> Option<F::Output> {
    let mut event = Waiter::new(waiting);
    poll_fn(|cx| match event.poll(cx, || has_happened().then_some(())) {
        Poll::Ready(()) => Poll::Ready(None),
        Poll::Pending => future.as_mut().poll(cx).map(Some),
    })
    .await
}
