//! Drives the members of a tuple where they are, in the scope's future.

use crate::member::Policy;
use crate::member_future::{Catching, MemberFuture};
use crate::unwind::CaughtPanic;
use alloc::boxed::Box;
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use futures::future::Either;
use pin_project_lite::pin_project;

/// For up to this many members of a tuple, polling all of them in place on each wake is cheaper than tracking which one
/// was woken.
const FEW: u8 = 4;

/// The number of rounds for which the engine drives the members, each beginning with the first one. After that they are
/// polled in place again, because members that are busy for so long are likely to need many more rounds.
const PATIENCE: usize = 16;

/// The members of a tuple, which are polled in place, in rounds.
pub(super) trait Crowd: MemberFuture {
    /// Returns `true` if more than so many were pending in the last round, and the engine can drive them.
    fn is_crowded(&self, few: u8) -> bool;

    fn policy(&self) -> Policy;

    /// Runs all members to completion, by the engine. Returns `true` if all succeeded.
    fn join(self: Pin<&mut Self>) -> impl Future<Output = bool> + Send;

    /// Runs all members to completion or to the first failure, by the engine. Returns `true` if all succeeded.
    fn try_join(self: Pin<&mut Self>) -> impl Future<Output = bool> + Send;
}

/// Runs the members of a tuple to completion. Returns `true` if all succeeded.
///
/// `settle`: if a member fails, the others still run to completion. `fail-fast`: this resolves at the first failure,
/// and its caller drops the rest.
///
/// Every member is polled once in place. If more than a few are pending then, the engine drives them from the next poll
/// on. So a group whose members are ready at once never uses the engine, which allocates and locks if another crate
/// switched its feature `std` on. The future returns `Pending` in between, because pending members would otherwise be
/// polled twice in a row.
pub(super) async fn drive_crowd(mut members: Pin<&mut impl Crowd>) -> bool {
    let mut is_crowded = false;
    let in_place = poll_fn(|cx| {
        if is_crowded {
            return Poll::Ready(None);
        }
        let polled = members.as_mut().poll_caught(cx).map(Some);
        is_crowded = members.is_crowded(FEW);
        polled
    });
    if let Some(well) = in_place.await {
        return well;
    }
    let engine = match members.policy() {
        Policy::Settle => Either::Left(members.as_mut().join()),
        Policy::FailFast => Either::Right(members.as_mut().try_join()),
    };
    if let Some(well) = patiently(pin!(engine)).await {
        return well;
    }
    poll_fn(|cx| members.as_mut().poll_caught(cx)).await
}

/// Drives the engine for at most [`PATIENCE`] rounds. Returns `None` if it has not ended by then.
async fn patiently(mut engine: Pin<&mut impl Future<Output = bool>>) -> Option<bool> {
    let mut rounds = 0..PATIENCE;
    poll_fn(|cx| match rounds.next() {
        Some(_) => engine.as_mut().poll(cx).map(Some),
        None => Poll::Ready(None),
    })
    .await
}

pin_project! {
    /// The future of a tuple with few members. In a large tree only woken members are polled: that future is boxed, so
    /// that it takes no space in the others.
    #[project = FewProjection]
    #[must_use = "a future does nothing unless it is awaited"]
    pub(super) enum Few<M, F> {
        InPlace { #[pin] members: M },
        Boxed { #[pin] future: Catching<Pin<Box<F>>> },
    }
}

impl<M: MemberFuture, F: Future<Output = bool> + Send> Future for Few<M, F> {
    type Output = bool;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        self.poll_caught(cx)
    }
}

impl<M: MemberFuture, F: Future<Output = bool> + Send> MemberFuture for Few<M, F> {
    const UNWINDS: bool = M::UNWINDS;

    #[inline]
    fn poll_unwind(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        match self.project() {
            FewProjection::InPlace { members } => members.poll_unwind(cx),
            FewProjection::Boxed { future } => future.poll(cx),
        }
    }

    #[cold]
    fn record_panic(self: Pin<&mut Self>, panic: CaughtPanic) {
        match self.project() {
            FewProjection::InPlace { members } => members.record_panic(panic),
            FewProjection::Boxed { future } => future.record_panic(panic),
        }
    }
}
