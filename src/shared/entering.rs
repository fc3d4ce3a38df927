use super::guard::{SharedGuard, Uses};
use super::lent::Lent;
use super::state::{Next, State};
use super::task::{Task, TaskWaiter};
use super::up::Up;
use super::usage::Usage;
use crate::error::{Failures, NameKind, Phase};
use crate::observe::ScopeObserver;
use crate::opened::{Members, Opening, enter};
use crate::resource::Resource;
use crate::stamp::Stamp;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use core::task::{Context, Poll, ready};

/// The owner of an attempt whose owner was dropped.
const NOBODY: usize = 0;
/// The scope of a user that is entered by hand.
const BY_HAND: usize = 1;

/// The scope of a user, as its hold tells it.
#[derive(Debug)]
pub(super) struct UserScope {
    number: AtomicUsize,
    /// Whether the body of the scope will not run, so that the user does not begin an enter any more.
    is_in_vain: AtomicBool,
}

impl UserScope {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { number: AtomicUsize::new(BY_HAND), is_in_vain: AtomicBool::new(false) })
    }

    /// Sets the number of the scope that enters next. It is that scope's own while that enters.
    pub(super) fn set(&self, number: usize) {
        self.number.store(number, SeqCst);
        self.is_in_vain.store(false, SeqCst);
    }

    pub(super) fn note_in_vain(&self) {
        self.is_in_vain.store(true, SeqCst);
    }
}

/// One attempt to enter a shared resource. All its users poll it. One of them owns it, and receives its failures.
pub(super) struct Entering<R: Resource<Guard: Sync> + 'static> {
    task: Arc<Task<Entered<R>>>,
    opening: Arc<Opening>,
    /// The scope of the user that owns it.
    owner: AtomicUsize,
    /// The number of its users, each of which is a use once it has succeeded. Changed while the state is locked.
    users: AtomicUsize,
    /// Whether it has succeeded, and its users are uses. Changed while the state is locked.
    is_up: AtomicBool,
}

type Entered<R> = Result<Members<Lent<R>>, Failures>;

impl<R: Resource<Guard: Sync> + 'static> Entering<R> {
    pub(super) fn new(of: usize, lent: Lent<R>) -> Self {
        let opening = Opening::new(false, ScopeObserver::default());
        let members = Members::new(Some(lent), Arc::clone(&opening));
        let task = Task::new(of, async move {
            let mut members = enter(members, true).await;
            if members.is_in() { Ok(members) } else { Err(members.take_failures()) }
        });
        Self {
            task: Arc::new(task),
            opening,
            owner: AtomicUsize::new(NOBODY),
            users: AtomicUsize::new(0),
            is_up: AtomicBool::new(false),
        }
    }

    /// Cancels the attempt if it has no other user. Returns `true` if it had none. The state is locked.
    pub(super) fn give_up(&self) -> bool {
        let is_alone = self.users.load(SeqCst) == 1;
        if is_alone {
            self.opening.give_up();
            self.task.note_woken();
        }
        is_alone
    }

    /// Takes the guard for a user that has given the attempt up, if it has succeeded. The state is locked.
    pub(super) fn take_up(self: &Arc<Self>, state: &mut State<R>) -> Option<Arc<R::Guard>> {
        match state {
            State::Up(up) if self.is_up() => Some(up.guard()),
            State::Entering(current) if core::ptr::eq(current.as_ptr(), Arc::as_ptr(self)) => {
                let (members, users) = self.take_members()?;
                let up = Up::new(members, users);
                let guard = up.guard();
                *state = State::Up(up);
                Some(guard)
            }
            _ => None,
        }
    }

    /// Adds a user.
    pub(super) fn join(&self) {
        self.users.fetch_add(1, SeqCst);
    }

    /// Takes the members, if they are in, and the number of the users that are uses from now on.
    pub(super) fn take_members(&self) -> Option<(Members<Lent<R>>, usize)> {
        let members = self.task.take_if(Result::is_ok)?.ok()?;
        self.is_up.store(true, SeqCst);
        Some((members, self.users.load(SeqCst)))
    }

    /// Takes the failures, if it has failed.
    fn take_failures(&self) -> Option<Failures> {
        self.task.take_if(Result::is_err)?.err()
    }

    /// Removes a user. Returns `true` if it is a use.
    pub(super) fn leave(&self) -> bool {
        self.users.fetch_sub(1, SeqCst);
        self.is_up.load(SeqCst)
    }

    pub(super) fn is_up(&self) -> bool {
        self.is_up.load(SeqCst)
    }

    /// Returns `true` if a user of this scope is still to receive the failures. Another user of the scope waits for
    /// that, as it may be in vain then.
    pub(super) fn is_owned_within(&self, scope: usize) -> bool {
        scope != BY_HAND && self.owner.load(SeqCst) == scope && !self.task.is_taken()
    }
}

/// A user that is on its way in. If it is dropped, the others go on without it.
pub(super) struct User<R: Resource<Guard: Sync> + 'static> {
    usage: Arc<Usage<R>>,
    in_scope: Arc<UserScope>,
    /// The number of the scope.
    scope: usize,
    awaits: Awaits<R>,
    /// Its number among those that wait for another state.
    number: Option<u64>,
}

enum Awaits<R: Resource<Guard: Sync> + 'static> {
    Nothing,
    Enter { waiter: TaskWaiter<Entered<R>>, entering: Arc<Entering<R>>, is_owner: bool },
    Exit(TaskWaiter<Failures>),
}

impl<R: Resource<Guard: Sync> + 'static> User<R> {
    pub(super) fn new(usage: Arc<Usage<R>>, in_scope: Arc<UserScope>) -> Self {
        let scope = in_scope.number.swap(BY_HAND, SeqCst);
        Self { usage, in_scope, scope, awaits: Awaits::Nothing, number: None }
    }

    /// Returns `true` if the hold of its scope keeps it when the future of its enter is dropped.
    pub(super) fn is_held(&self) -> bool {
        self.scope != BY_HAND
    }

    /// Cancels the attempt that it waits for, if nobody else does. Returns `true` if so: it has to wait for the end.
    pub(super) fn give_up(&self) -> bool {
        let Awaits::Enter { entering, .. } = &self.awaits else { return false };
        self.usage.core.give_up(entering)
    }

    /// Waits until the attempt that it has given up is over. Returns the failures, or the guard if it has succeeded.
    pub(super) fn finish(&mut self, cx: &Context<'_>) -> Poll<Result<Option<SharedGuard<R::Guard>>, Failures>> {
        let Awaits::Enter { waiter, entering, .. } = &mut self.awaits else { return Poll::Ready(Ok(None)) };
        ready!(waiter.poll(cx));
        if let Some(failures) = entering.take_failures() {
            return Poll::Ready(Err(failures));
        }
        let guard = entering.take_up(&mut self.usage.core.state());
        Poll::Ready(Ok(guard.map(|guard| {
            self.awaits = Awaits::Nothing;
            SharedGuard::new(guard, Arc::clone(&self.usage) as _)
        })))
    }

    /// Waits until the resource is up, and enters it if nobody else does.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<SharedGuard<R::Guard>, Failures>> {
        loop {
            if self.usage.core.waits_for_itself() {
                return Poll::Ready(Err(waits_for_itself(&self.usage.name)));
            }
            if let Some(failures) = ready!(self.poll_awaited(cx)) {
                return Poll::Ready(Err(failures));
            }
            let core = &self.usage.core;
            let before = match &self.awaits {
                Awaits::Enter { entering, .. } => Some(entering),
                _ => None,
            };
            let begins = self.scope == BY_HAND || !self.in_scope.is_in_vain.load(SeqCst);
            let next = core.waiting().poll(&mut self.number, cx, || core.next(self.scope, begins, before));
            self.awaits = match ready!(next) {
                Next::Enter(guard) => {
                    let guard = SharedGuard::new(guard, Arc::clone(&self.usage) as _);
                    self.awaits = Awaits::Nothing;
                    return Poll::Ready(Ok(guard));
                }
                Next::AwaitEnter(entering) => {
                    Awaits::Enter { waiter: TaskWaiter::new(Arc::clone(&entering.task)), entering, is_owner: false }
                }
                Next::AwaitExit(exiting) => Awaits::Exit(TaskWaiter::new(exiting)),
            };
        }
    }

    /// Polls what it waits for. Returns failures that it receives.
    fn poll_awaited(&mut self, cx: &Context<'_>) -> Poll<Option<Failures>> {
        match &mut self.awaits {
            Awaits::Nothing => Poll::Ready(None),
            Awaits::Exit(waiter) => waiter.poll(cx).map(|()| None),
            Awaits::Enter { waiter, entering, is_owner } => {
                // The first one, or the next one when the owner was dropped. Those who come to an attempt that was
                // given up wait for its roll-back, and receive no failures of it.
                if !entering.opening.is_given_up() {
                    *is_owner |= entering.owner.compare_exchange(NOBODY, self.scope, SeqCst, SeqCst).is_ok();
                }
                ready!(waiter.poll(cx));
                Poll::Ready(if *is_owner { entering.take_failures() } else { None })
            }
        }
    }
}

impl<R: Resource<Guard: Sync> + 'static> Drop for User<R> {
    fn drop(&mut self) {
        let core = &self.usage.core;
        core.waiting().leave(self.number);
        let Awaits::Enter { entering, is_owner, .. } = &self.awaits else { return };
        let guard = core.leave_enter(entering);
        if *is_owner {
            entering.owner.store(NOBODY, SeqCst);
            core.waiting().wake_all(); // those of the same scope
        }
        if let Some(guard) = guard {
            Arc::clone(&self.usage).let_go(guard);
        }
    }
}

fn waits_for_itself(name: &str) -> Failures {
    let mut failures = Failures::default();
    failures.add(NameKind::OfType(name), Phase::Enter, Stamp::now(), Box::new(WaitsForItself));
    failures
}

/// The enter, or the exit, of the resource enters the resource.
#[derive(Debug)]
struct WaitsForItself;

impl fmt::Display for WaitsForItself {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its own enter or exit enters it, and would wait for itself")
    }
}

impl core::error::Error for WaitsForItself {}
