//! The order in which the members of a group are polled in a round (law `fair`).
//!
//! The first round goes in member order. Each later round begins one member further on. Otherwise a member that is
//! always busy could starve those after it: once the cooperative budget of a runtime is used up, nothing of that
//! runtime is ready for the rest of the poll. In a long list of single members, a round polls the members that were
//! woken. Groups in a `FuturesUnordered` have no rounds: woken members are polled in the order of the wakes. While the
//! engine drives a crowded tuple (see `in_place`), each of its 16 rounds begins with the first member.
//!
//! What drives arrays, and lists with groups in them, always polls from the first member on. So a round that begins
//! elsewhere is two polls of it: in the first one the members before the beginning defer, in the second one the others
//! do.

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering::Relaxed};
use core::task::{Context, Poll, Waker};
use futures_concurrency::future::Join;
use pin_project_lite::pin_project;

/// The members with which rounds begin.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rounds {
    begin: usize,
}

impl Rounds {
    /// Returns the index of the member with which the current round begins, and advances to the next round.
    pub(super) fn next(&mut self, members: usize) -> usize {
        let begin = if self.begin < members { self.begin } else { 0 };
        self.begin = begin + 1;
        begin
    }
}

/// The members that defer in this poll: a bit for each, and [`BY_WAKE`].
#[derive(Debug, Default)]
pub(super) struct Turns(AtomicU32);

/// The bit that says that members that defer have to wake themselves to be polled again. Groups that are driven in
/// rounds have fewer members than there are bits before it.
const BY_WAKE: u32 = 1 << 31;

impl Turns {
    /// Wraps a member, so that it is polled in its turn.
    pub(super) fn turn<F>(&self, index: usize, member: F) -> Turn<'_, F> {
        Turn { member, bit: 1 << index, turns: self }
    }

    /// Drives a group whose members take turns. `by_wake` says that the engine polls only woken members.
    pub(super) fn drive<F>(&self, group: F, members: usize, by_wake: bool) -> InTurns<'_, F> {
        InTurns { group, turns: self, rounds: Rounds::default(), members, by_wake }
    }

    /// Polls a group once, beginning with the member `first`.
    fn poll_round<F: Future>(
        &self,
        mut group: Pin<&mut F>,
        cx: &mut Context<'_>,
        first: usize,
        by_wake: bool,
    ) -> Poll<F::Output> {
        if first == 0 {
            self.0.store(0, Relaxed);
            return group.poll(cx);
        }
        let ring = !BY_WAKE & !bits_below(first);
        let polled = if by_wake {
            self.0.store(!ring, Relaxed);
            // Members that defer wake the group. It is polled again at once, so the wake need not be passed on.
            group.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        } else {
            self.0.store(!ring & !BY_WAKE, Relaxed);
            group.as_mut().poll(cx)
        };
        if polled.is_ready() {
            return polled;
        }
        self.0.store(if by_wake { ring | BY_WAKE } else { ring }, Relaxed);
        group.poll(cx)
    }
}

fn bits_below(bit: usize) -> u32 {
    (1 << bit) - 1
}

pin_project! {
    /// A group whose members take turns. Not an `async fn`, which would store the group twice.
    #[must_use = "a future does nothing unless it is awaited"]
    pub(super) struct InTurns<'t, F> {
        #[pin]
        group: F,
        turns: &'t Turns,
        rounds: Rounds,
        members: usize,
        by_wake: bool,
    }
}

impl<F: Future> Future for InTurns<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.turns.poll_round(this.group, cx, this.rounds.next(*this.members), *this.by_wake)
    }
}

pin_project! {
    /// A member that is polled in its turn.
    pub(super) struct Turn<'t, F> {
        #[pin]
        member: F,
        bit: u32,
        turns: &'t Turns,
    }
}

impl<F: Future> Future for Turn<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let deferring = this.turns.0.load(Relaxed);
        if deferring & *this.bit == 0 {
            return this.member.poll(cx);
        }
        if deferring & BY_WAKE != 0 {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

/// Returns `true` if the engine polls only woken members: with its feature `std`, which another crate may have switched
/// on. Without it, the engine polls all members, with the waker of the group.
pub(super) fn engine_is_by_wake() -> bool {
    const UNKNOWN: u8 = 0;
    const NO: u8 = 1;
    const YES: u8 = 2;
    static KNOWN: AtomicU8 = AtomicU8::new(UNKNOWN);
    match KNOWN.load(Relaxed) {
        UNKNOWN => {
            let by_wake = !asks_again();
            KNOWN.store(if by_wake { YES } else { NO }, Relaxed);
            by_wake
        }
        known => known == YES,
    }
}

/// Returns `true` if the engine polls a member again that was not woken.
fn asks_again() -> bool {
    let polls = AtomicUsize::new(0);
    {
        let member = poll_fn(|_| {
            polls.fetch_add(1, Relaxed);
            Poll::<()>::Pending
        });
        let (mut group, mut cx) = (pin!([member].join()), Context::from_waker(Waker::noop()));
        for _ in 0..2 {
            let _ = group.as_mut().poll(&mut cx);
        }
    }
    polls.into_inner() > 1
}

#[cfg(test)]
mod tests {
    use super::Rounds;
    use alloc::vec::Vec;

    #[test]
    fn rounds_begin_one_further_on() {
        let mut rounds = Rounds::default();
        let begins: Vec<_> = [3, 3, 3, 3, 1, 2, 2, 5].iter().map(|members| rounds.next(*members)).collect();
        assert_eq!(begins, [0, 1, 2, 0, 0, 1, 0, 1]);
        assert_eq!(rounds.next(0), 0);
    }
}
