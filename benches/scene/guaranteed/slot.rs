use super::log::Log;
use crate::scene::{Member, Payload, Told, What};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use withal::Phase;

/// A member and its guard. If it is dropped while it is in, it is abandoned.
pub(super) struct Slot<'l, M: Member> {
    member: M,
    pub(super) guard: Option<u64>,
    index: usize,
    log: &'l Log,
}

impl<'l, M: Member> Slot<'l, M> {
    pub(super) fn new(member: M, index: usize, log: &'l Log) -> Self {
        Self { member, guard: None, index, log }
    }

    /// True when it is in, and nothing went wrong.
    pub(super) async fn enter(&mut self) -> bool {
        let Self { member, guard, index, log } = self;
        let mut well = true;
        let mut failed = |what| {
            well = false;
            log.push(Some(*index), Phase::Enter, what);
        };
        call(
            || member.enter(),
            |entered| match entered {
                Ok(Ok(entered)) => *guard = Some(entered),
                Ok(Err(error)) => failed(What::Error(error)),
                Err(payload) => failed(payload.into()),
            },
        )
        .await;
        well
    }

    pub(super) async fn exit(&mut self, told: Told<'_>) {
        let Self { member, guard, index, log } = self;
        let Some(guard) = guard.take() else { return };
        call(
            || member.leave(guard, told),
            |exited| match exited {
                Ok(Ok(())) => {}
                Ok(Err(error)) => log.push(Some(*index), Phase::Exit, What::Error(error)),
                Err(payload) => log.push(Some(*index), Phase::Exit, payload.into()),
            },
        )
        .await;
    }
}

impl<M: Member> Drop for Slot<'_, M> {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.member.abandon(guard))) {
                self.log.push(Some(self.index), Phase::Exit, payload.into());
            }
        }
    }
}

/// The members of a `Vec`, which drops the first one first by itself.
pub(super) struct Slots<'l, M: Member>(pub(super) Vec<Slot<'l, M>>);

impl<M: Member> Drop for Slots<'_, M> {
    fn drop(&mut self) {
        while let Some(last) = self.0.pop() {
            drop(last);
        }
    }
}

/// Makes a future, polls it to its end and drops it, each of them caught.
///
/// What it gives and what panics goes to `note` in the poll in which it comes, so that no drop finds it in between.
pub(super) async fn call<F: Future>(make: impl FnOnce() -> F, note: impl FnMut(Result<F::Output, Payload>)) {
    let mut flight = Flight { future: pin!(None), note };
    match catch_unwind(AssertUnwindSafe(|| flight.future.set(Some(make())))) {
        Ok(()) => poll_fn(|cx| flight.poll(cx)).await,
        Err(payload) => (flight.note)(Err(payload)),
    }
}

struct Flight<'f, F: Future, N: FnMut(Result<F::Output, Payload>)> {
    future: Pin<&'f mut Option<F>>,
    note: N,
}

impl<F: Future, N: FnMut(Result<F::Output, Payload>)> Flight<'_, F, N> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let polled = self.future.as_mut().as_pin_mut().map_or(Poll::Pending, |future| future.poll(cx));
            polled.map(|output| {
                (self.note)(Ok(output));
                self.future.set(None);
            })
        }));
        polled.unwrap_or_else(|payload| {
            (self.note)(Err(payload));
            self.land();
            Poll::Ready(())
        })
    }

    fn land(&mut self) {
        if self.future.is_some() {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.future.set(None))) {
                (self.note)(Err(payload));
            }
        }
    }
}

impl<F: Future, N: FnMut(Result<F::Output, Payload>)> Drop for Flight<'_, F, N> {
    fn drop(&mut self) {
        self.land();
    }
}
