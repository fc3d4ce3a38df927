//! In which order the members of a group are polled in a round (law `fair`).
//!
//! The first round goes in order. After that each one begins one member further on. Otherwise a member that is always
//! busy, and stands before the others, could keep from them what they wait for: a runtime with a cooperative budget
//! lets nothing be ready once that is used up. A tuple that the engine drives begins so after a number of rounds, as
//! its rounds cost more then. What polls only where a wake leads has no rounds, and goes by the order of wakes.
//!
//! What drives a list or an array polls its members in order, and begins with the first. So a round that begins
//! elsewhere is two polls of it: in the first one the members before the beginning defer, in the second one the others
//! do.

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};
use core::task::{Context, Poll, Waker};
use futures_concurrency::future::Join;
use pin_project_lite::pin_project;

/// Counts the members that may have begun: those that still wait for their turn are polled last, in order.
pub trait Begun: Copy + Send + Sync {
    /// Returns that number, or more.
    #[doc(hidden)]
    fn count(self) -> usize;
}

/// All of them.
impl Begun for () {
    fn count(self) -> usize {
        usize::MAX
    }
}

/// Where rounds begin.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rounds {
    begin: usize,
}

impl Rounds {
    /// Returns whether none has begun, and goes on to the second one then.
    #[inline]
    pub(super) fn is_first(&mut self) -> bool {
        let is_first = self.begin == 0;
        self.begin += usize::from(is_first);
        is_first
    }

    /// Returns where the round begins that is due, among so many members, and goes on to the next one.
    pub(super) fn next(&mut self, members: usize) -> usize {
        let begin = if self.begin < members { self.begin } else { 0 };
        self.begin = begin + 1;
        begin
    }
}

/// Which members are polled, and which defer: a pass and its ring of members, in one number, as each member looks at
/// it.
#[derive(Debug, Default)]
pub(super) struct Turns(AtomicUsize);

/// Nobody defers.
const WHOLE: usize = 0;
const FIRST: usize = 1;
const SECOND: usize = 2;
/// Those that defer are asked again only if they wake themselves.
const FIRST_OF_THE_WOKEN: usize = 3;
const SECOND_OF_THE_WOKEN: usize = 4;

/// What is driven in rounds has far fewer members than fit into these bits.
const BITS: u32 = 10;
const MASK: usize = (1 << BITS) - 1;

impl Turns {
    fn set(&self, begin: usize, count: usize, pass: usize) {
        self.0.store(pass << (2 * BITS) | count << BITS | begin, Relaxed);
    }

    /// Returns whether nobody defers.
    #[inline]
    fn is_whole(&self) -> bool {
        self.0.load(Relaxed) == WHOLE
    }

    /// Returns whether it is a member's turn, or else whether it has to wake itself to be asked again.
    #[cold]
    fn is_due(&self, index: usize) -> Result<(), bool> {
        let turns = self.0.load(Relaxed);
        let pass = turns >> (2 * BITS);
        let is_in = index.wrapping_sub(turns & MASK) < (turns >> BITS & MASK);
        if is_in == matches!(pass, FIRST | FIRST_OF_THE_WOKEN) { Ok(()) } else { Err(pass >= FIRST_OF_THE_WOKEN) }
    }

    /// Has a member take its turn.
    pub(super) fn turn<F>(&self, index: usize, member: F) -> Turn<'_, F> {
        Turn { member, index, turns: self }
    }

    /// Drives a group whose members take their turns, after so many rounds that go in order. With `by_wake` what drives
    /// it asks only those that were woken.
    pub(super) fn drive<F, B>(
        &self,
        group: F,
        patience: usize,
        members: usize,
        begun: B,
        by_wake: bool,
    ) -> InTurns<'_, F, B> {
        InTurns { group, turns: self, patience, rounds: Rounds::default(), members, begun, by_wake }
    }

    /// Polls a group once, of which so many members have begun, from this one on.
    fn poll_round<F: Future>(
        &self,
        mut group: Pin<&mut F>,
        cx: &mut Context<'_>,
        first: usize,
        begun: usize,
        by_wake: bool,
    ) -> Poll<F::Output> {
        if first == 0 {
            self.0.store(WHOLE, Relaxed);
            return group.poll(cx);
        }
        let polled = if by_wake {
            self.set(first, begun - first, FIRST_OF_THE_WOKEN);
            // Those that defer wake the group, which is polled again at once: nobody else has to hear of that.
            group.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        } else {
            self.set(first, begun - first, FIRST);
            group.as_mut().poll(cx)
        };
        if polled.is_ready() {
            return polled;
        }
        self.set(first, begun - first, if by_wake { SECOND_OF_THE_WOKEN } else { SECOND });
        group.poll(cx)
    }
}

pin_project! {
    /// A group whose members take their turns. No async function: that would hold the group twice.
    #[must_use = "a future does nothing unless it is awaited"]
    pub(super) struct InTurns<'t, F, B> {
        #[pin]
        group: F,
        turns: &'t Turns,
        patience: usize,
        rounds: Rounds,
        members: usize,
        begun: B,
        by_wake: bool,
    }
}

impl<F: Future, B: Begun> Future for InTurns<'_, F, B> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if *this.patience > 0 {
            *this.patience -= 1;
            return this.group.poll(cx);
        }
        let begun = this.begun.count().min(*this.members);
        this.turns.poll_round(this.group, cx, this.rounds.next(begun), begun, *this.by_wake)
    }
}

pin_project! {
    /// A member that is polled when it is its turn.
    pub(super) struct Turn<'t, F> {
        #[pin]
        member: F,
        index: usize,
        turns: &'t Turns,
    }
}

impl<F: Future> Future for Turn<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if this.turns.is_whole() {
            return this.member.poll(cx);
        }
        match this.turns.is_due(*this.index) {
            Ok(()) => return this.member.poll(cx),
            Err(true) => cx.waker().wake_by_ref(),
            Err(false) => {}
        }
        Poll::Pending
    }
}

/// Returns whether the engine asks only those that were woken: with its feature `std`, which another crate may have
/// switched on. Without it, it asks all, and hands the waker of the group on to them.
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

/// Returns whether the engine polls a member again that nobody has woken.
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
