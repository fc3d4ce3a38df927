//! Drives the members of a list that has groups in it, or is limited, while they are entered or exited.

use super::join::or_stop;
use super::limit::{drive_in_rounds, drive_one_by_one};
use super::turns::Turns;
use crate::member::Policy;
use alloc::boxed::Box;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use core::task::{Context, Poll};
use futures::FutureExt;
use futures::future::{join_all, try_join_all};
use futures::stream::{FuturesUnordered, StreamExt};
use pin_project_lite::pin_project;

/// Runs all futures to completion, or under `fail_fast` to the first failure. Returns `true` if all succeeded. If the
/// list is not short, only woken futures are polled.
pub(super) async fn drive_list<F>(members: impl ExactSizeIterator<Item = F> + Send, policy: Policy, short: bool) -> bool
where
    F: Future<Output = bool> + Send,
{
    if !short {
        return drive_many(members, usize::MAX, policy).await;
    }
    let (turns, count) = (Turns::default(), members.len());
    let members = members.enumerate().map(|(index, member)| turns.turn(index, member));
    match policy {
        Policy::Settle => turns.drive(join_few(members), count, false).await,
        Policy::FailFast => {
            let members = try_join_all(members.map(|member| member.map(or_stop)));
            turns.drive(members, count, false).await.is_ok()
        }
    }
}

/// Runs at most `limit` futures at a time to completion, or under `fail_fast` to the first failure. Returns `true` if
/// none failed. If the list is not short, only woken futures are polled.
pub(super) async fn drive_limited<F>(
    members: impl Iterator<Item = F> + Send,
    limit: usize,
    policy: Policy,
    short: bool,
) -> bool
where
    F: Future<Output = bool> + Send,
{
    match limit {
        1 => drive_one_by_one(members, policy).await,
        _ if short => drive_in_rounds(members.map(Box::pin), limit, policy).await,
        _ => drive_many(members, limit, policy).await,
    }
}

/// Polls only woken futures, and runs at most `limit` of them at a time. Every future that may run is polled once, in
/// order, before this returns `Pending`: `FuturesUnordered` alone yields after two self-wakes, so that a signal, a drop
/// or another member could come in before the last of them has started.
pub(super) async fn drive_many<F>(members: impl Iterator<Item = F>, limit: usize, policy: Policy) -> bool
where
    F: Future<Output = bool> + Send,
{
    let (mut waiting, mut made, begun) = (members.fuse(), 0, AtomicUsize::new(0));
    let mut running = FuturesUnordered::new();
    let mut all_well = true;
    poll_fn(|cx| {
        loop {
            for member in waiting.by_ref().take(limit - running.len()) {
                made += 1;
                running.push(Counted { member, begun: Some(&begun) });
            }
            match running.poll_next_unpin(cx) {
                Poll::Ready(Some(well)) => all_well &= well,
                Poll::Ready(None) => return Poll::Ready(all_well),
                Poll::Pending if begun.load(Relaxed) == made => return Poll::Pending,
                Poll::Pending => {}
            }
            if !all_well && policy == Policy::FailFast {
                return Poll::Ready(false);
            }
        }
    })
    .await
}

pin_project! {
    /// Increments a counter on its first poll.
    struct Counted<'a, F> {
        #[pin]
        member: F,
        begun: Option<&'a AtomicUsize>,
    }
}

impl<F: Future> Future for Counted<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(begun) = this.begun.take() {
            begun.fetch_add(1, Relaxed);
        }
        this.member.poll(cx)
    }
}

/// Combines the results, without a list of them.
async fn join_few<F: Future<Output = bool> + Send>(members: impl Iterator<Item = F> + Send) -> bool {
    let all_well = AtomicBool::new(true);
    let note = |well: bool| {
        if !well {
            all_well.store(false, Relaxed);
        }
    };
    join_all(members.map(|member| member.map(note))).await;
    all_well.into_inner()
}
