//! Bounds on the number of members of a group that are in flight at a time.

use super::turns::Begun;
use crate::hold::Entry;
use crate::lock::{Mutex, MutexGuard};
use alloc::collections::BTreeMap;
use core::future::Future;
use core::num::NonZeroUsize;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use pin_project_lite::pin_project;

/// A bound on the members in flight. It is a type, so that a group without one does not pay for it.
pub trait Width: Copy + Send + Sync {
    /// The semaphore for the members of one phase.
    #[doc(hidden)]
    type Gate: Gate + 'static;

    #[doc(hidden)]
    fn gate(self) -> Self::Gate;

    #[doc(hidden)]
    fn at_most(self, bound: NonZeroUsize) -> Bounded;
}

/// No bound: all members at once.
#[derive(Clone, Copy, Debug)]
pub struct Free;

/// At most this many members at a time.
#[derive(Clone, Copy, Debug)]
pub struct Bounded(NonZeroUsize);

impl Width for Free {
    type Gate = Open;

    fn gate(self) -> Open {
        Open
    }

    fn at_most(self, bound: NonZeroUsize) -> Bounded {
        Bounded(bound)
    }
}

impl Width for Bounded {
    type Gate = Turnstile;

    fn gate(self) -> Turnstile {
        let queue = Queue { free: self.0.get(), next: 0, waiting: BTreeMap::new() };
        Turnstile { width: self.0.get(), queue: Mutex::new(queue) }
    }

    fn at_most(self, bound: NonZeroUsize) -> Bounded {
        Bounded(self.0.min(bound))
    }
}

/// A fair semaphore: members start in the order of their turns.
pub trait Gate: Send + Sync {
    /// Whether all members may be in flight at once.
    const IS_OPEN: bool;

    /// The future of a member that waits for its turn, and then runs.
    type Pass<'g, F: Future<Output = bool> + Send>: Future<Output = bool> + Send
    where
        Self: 'g;

    /// Returns the number of members that were started.
    type Begun<'g>: Begun
    where
        Self: 'g;

    /// Returns a counter of the members that were started.
    fn begun(&self) -> Self::Begun<'_>;

    /// Makes a member wait for its turn. If an entry is passed, a member that had to wait is not started once the body
    /// will not run. That is not a failure of the member.
    fn pass<'g, F: Future<Output = bool> + Send>(
        &'g self,
        turn: usize,
        entry: Option<Entry<'g>>,
        member: F,
    ) -> Self::Pass<'g, F>;
}

/// Lets all members start at once.
#[derive(Debug)]
pub struct Open;

impl Gate for Open {
    const IS_OPEN: bool = true;

    type Pass<'g, F: Future<Output = bool> + Send> = F;

    type Begun<'g> = ();

    fn begun(&self) {}

    fn pass<'g, F: Future<Output = bool> + Send>(&'g self, _: usize, _: Option<Entry<'g>>, member: F) -> F {
        member
    }
}

/// A semaphore with `width` permits, which are granted in the order of the turns.
#[derive(Debug)]
pub struct Turnstile {
    width: usize,
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    free: usize,
    next: usize,
    waiting: BTreeMap<usize, Waker>,
}

impl Turnstile {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }

    /// The waker is cloned and dropped outside of the lock, because it runs foreign code.
    fn poll_turn(&self, turn: usize, cx: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.queue();
        if turn != queue.next || queue.free == 0 {
            drop(queue);
            let waker = cx.waker().clone();
            // The members of a group are polled one by one, so no member has left in between.
            let replaced = self.queue().waiting.insert(turn, waker);
            drop(replaced);
            return Poll::Pending;
        }
        queue.free -= 1;
        queue.next += 1;
        let _waker = queue.waiting.remove(&turn);
        call_next(queue);
        Poll::Ready(())
    }

    /// Releases the permit of a member that is done.
    fn leave(&self) {
        let mut queue = self.queue();
        queue.free += 1;
        call_next(queue);
    }
}

impl Begun for &Turnstile {
    fn count(self) -> usize {
        self.queue().next
    }
}

/// Wakes the next member if a permit is free. The wake runs foreign code, so the lock is released first. Each member is
/// woken once, which keeps law `linear`.
fn call_next(mut queue: MutexGuard<'_, Queue>) {
    let next = queue.next;
    let called = if queue.free > 0 { queue.waiting.remove(&next) } else { None };
    drop(queue);
    if let Some(waker) = called {
        waker.wake();
    }
}

impl Gate for Turnstile {
    const IS_OPEN: bool = false;

    type Pass<'g, F: Future<Output = bool> + Send> = Passing<'g, F>;

    type Begun<'g> = &'g Self;

    fn begun(&self) -> &Self {
        self
    }

    fn pass<'g, F: Future<Output = bool> + Send>(
        &'g self,
        turn: usize,
        entry: Option<Entry<'g>>,
        member: F,
    ) -> Passing<'g, F> {
        Passing { member, turnstile: self, turn, is_in: false, entry }
    }
}

pin_project! {
    /// A member that waits for its turn before it starts.
    pub struct Passing<'g, F> {
        #[pin]
        member: F,
        turnstile: &'g Turnstile,
        turn: usize,
        is_in: bool,
        entry: Option<Entry<'g>>,
    }
}

impl<F: Future<Output = bool>> Future for Passing<'_, F> {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let this = self.project();
        let (turn, turnstile) = (*this.turn, *this.turnstile);
        let mut in_vain = false;
        if !*this.is_in {
            if turnstile.poll_turn(turn, cx).is_pending() {
                return Poll::Pending;
            }
            *this.is_in = true;
            in_vain = turn >= turnstile.width && this.entry.is_some_and(Entry::is_in_vain);
        }
        let polled = if in_vain { Poll::Ready(true) } else { this.member.poll(cx) };
        if polled.is_ready() {
            turnstile.leave();
        }
        polled
    }
}
