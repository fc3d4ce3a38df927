//! Enters and exits the members of an owned scope.
//!
//! Each phase has a tree of holds of its own, which borrows from the resource. In between, the resource and its guard
//! are side by side in a [`Members`]. So an owned scope has no borrow within itself, and its resource need not be
//! `'static`.

use super::shared_work::SharedWork;
use crate::error::{Failures, NameKind, Phase, ScopeError, ScopeErrorKind};
use crate::member::{EnterState, ExitWith, Hold, HoldToken, Root};
use crate::observe::ScopeObserver;
use crate::outcome::Outcome;
use crate::panic_log::{CatchOnDrop, PanicLog};
use crate::resource::Resource;
use crate::unwind::catch;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::mem::take;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
use core::task::Poll;
use futures::future::BoxFuture;

/// The state that the caller of `open` shares with the enters, which can run elsewhere.
pub(crate) struct Opening {
    /// The state of the enters.
    pub(crate) state: EnterState,
    /// Whether the enters are over and not all members are in. The roll-back has not begun.
    is_failed: AtomicBool,
    is_given_up: AtomicBool,
}

impl Opening {
    pub(crate) fn new(can_be_cancelled: bool, observer: ScopeObserver) -> Arc<Self> {
        let state = EnterState::owned(can_be_cancelled, observer);
        Arc::new(Self { state, is_failed: AtomicBool::new(false), is_given_up: AtomicBool::new(false) })
    }

    /// Cancels the enters: with their next poll those in flight are dropped, and the members that have entered are
    /// exited.
    pub(crate) fn give_up(&self) {
        self.is_given_up.store(true, SeqCst);
    }

    async fn unless_given_up(&self, enter: impl Future<Output = bool>) -> Option<bool> {
        let mut enter = pin!(enter);
        poll_fn(|cx| if self.is_given_up() { Poll::Ready(None) } else { enter.as_mut().poll(cx).map(Some) }).await
    }

    /// Returns `true` if the enters were given up.
    pub(crate) fn is_given_up(&self) -> bool {
        self.is_given_up.load(SeqCst)
    }

    /// Returns `true` if the enters are over, and the roll-back begins with the next poll.
    pub(crate) fn is_failed(&self) -> bool {
        self.is_failed.load(SeqCst)
    }

    /// Returns `Pending` once, before the roll-back: the caller drops the signal then, for which an exit may wait.
    async fn fail(&self) {
        poll_fn(|cx| {
            if self.is_failed.swap(true, SeqCst) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref(); // for a caller that is gone
            Poll::Pending
        })
        .await;
    }
}

/// The members of an owned scope, while no future drives them. If it is dropped, members that are in are abandoned.
#[expect(missing_debug_implementations, reason = "nobody outside of this crate can name it")]
pub struct Members<R: Resource> {
    /// `None` when its members have exited.
    resource: Option<R>,
    /// `Some` if all members are in, and nobody has borrowed the guard.
    guard: Option<R::Guard>,
    opening: Arc<Opening>,
    failures: Failures,
    attended: Option<Arc<SharedWork>>,
}

impl<R: Resource> Members<R> {
    pub(crate) fn new(resource: Option<R>, opening: Arc<Opening>) -> Self {
        Self { resource, guard: None, opening, failures: Failures::default(), attended: None }
    }

    pub(crate) fn opening(&self) -> &Arc<Opening> {
        &self.opening
    }

    pub(crate) fn is_in(&self) -> bool {
        self.guard.is_some()
    }

    pub(crate) fn take_failures(&mut self) -> Failures {
        take(&mut self.failures)
    }

    /// Returns a task that polls the work of the members until they have exited, or `None` if there can be no work.
    pub(crate) fn work(&self) -> Option<BoxFuture<'static, ()>> {
        Some(Box::pin(Arc::clone(self.attended.as_ref()?).drive()))
    }

    pub(crate) fn attended(&self) -> Option<&Arc<SharedWork>> {
        self.attended.as_ref()
    }

    pub(crate) fn take_guard(&mut self) -> Option<R::Guard> {
        self.guard.take()
    }

    pub(crate) fn put_guard(&mut self, guard: Option<R::Guard>) {
        self.guard = guard;
    }

    /// Takes the failures of members whose work failed while they are up, and whose guard is with its owner.
    pub(crate) fn up_failures(&mut self, guard: &R::Guard) -> Option<ScopeError> {
        let mut hold = self.resource.as_mut()?.hold(HoldToken);
        hold.show(guard);
        let failures = hold.failures(Phase::Up, None);
        (!failures.is_empty()).then(|| ScopeError::new(ScopeErrorKind::MemberFailed, None, failures))
    }
}

impl<R: Resource> Drop for Members<R> {
    fn drop(&mut self) {
        let panics = PanicLog::new();
        if let (Some(resource), Some(guard)) = (&mut self.resource, self.guard.take()) {
            Root::new(resource.hold(HoldToken), &self.opening.state, &panics).put(Some(guard));
        }
        panics.drop(self.resource.take());
        if let Some(Err(panic)) = self.attended.take().map(|attended| catch(|| attended.end())) {
            panics.push(panic);
        }
    }
}

/// Enters the members, if `begins`. If not all of them enter, exits those that did, and also those that were in from
/// the start. If the future is dropped, members that have entered are abandoned.
pub(crate) async fn enter<R: Resource>(mut members: Members<R>, begins: bool) -> Members<R> {
    let panics = PanicLog::new();
    let opening = Arc::clone(&members.opening);
    let (mut resource, mut guard) = (members.resource.take(), None);
    let mut resource = CatchOnDrop::new(&mut resource, &panics);
    if let Some(resource) = resource.get() {
        let mut root = Root::new(resource.hold(HoldToken), &opening.state, &panics);
        let entered = if begins { opening.unless_given_up(root.enter_all()).await } else { Some(false) };
        if entered == Some(true) {
            guard = Some(root.leave());
        } else {
            if entered.is_none() {
                root.give_up();
            }
            opening.fail().await;
            root.exit(ExitWith::RollBack).await;
            members.failures = root.take_failures();
        }
    }
    if guard.is_some() {
        members.attended = opening.state.attendance().and_then(SharedWork::new);
        members.resource = resource.get().take();
        members.guard = guard;
    } else {
        resource.clear();
        add_panics(&mut members.failures, &panics);
    }
    members
}

/// Exits the members, and returns their failures. If the scope is abandoned, the exits end with the next poll. If the
/// future is dropped, so are the exits in flight, and the other members are abandoned.
pub(crate) async fn exit<R: Resource>(mut members: Members<R>, outcome: Outcome<'_>) -> Failures {
    let panics = PanicLog::new();
    let mut failures = members.take_failures();
    let (mut resource, guard) = (members.resource.take(), members.guard.take());
    let mut resource = CatchOnDrop::new(&mut resource, &panics);
    // The work is polled by all who attend, and not by this state.
    let state = EnterState::new(false, members.opening.state.observer().clone());
    let opening = Arc::clone(&members.opening);
    if let Some(resource) = resource.get() {
        let mut root = Root::new(resource.hold(HoldToken), &state, &panics);
        root.put(guard);
        {
            let mut exits = pin!(root.exit(ExitWith::Outcome(outcome)));
            let exits = poll_fn(|cx| {
                if opening.state.is_abandoned() {
                    state.abandon();
                }
                exits.as_mut().poll(cx)
            });
            match &members.attended {
                Some(attended) => attended.during(exits).await,
                None => exits.await,
            }
        }
        failures.append(root.take_failures());
    }
    resource.clear();
    add_panics(&mut failures, &panics);
    failures
}

fn add_panics(failures: &mut Failures, panics: &PanicLog) {
    for panic in panics.take() {
        failures.add_panic(NameKind::OfType("resource"), Phase::Exit, panic);
    }
}
