//! Groups of which only some members run at a time. A member is started when one before it has ended, in order.

use super::turns::Rounds;
use crate::member::{EnterContext, Policy};
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::task::Poll;
use futures::FutureExt;

/// Returns `true` if a member may start: the first ones, as many as may run at a time, and then the others until the
/// body will not run (see [`EnterContext::is_in_vain`]). A member that is not started is not a failure.
pub(super) fn may_start(turn: usize, limit: usize, entry: EnterContext<'_>) -> bool {
    turn < limit || !entry.is_in_vain()
}

/// Runs the members one by one, or under `fail_fast` to the first failure. Returns `true` if none failed.
pub(super) async fn drive_one_by_one<F>(members: impl Iterator<Item = F> + Send, policy: Policy) -> bool
where
    F: Future<Output = bool> + Send,
{
    let mut all_well = true;
    for member in members {
        all_well &= member.await;
        if !all_well && policy == Policy::FailFast {
            break;
        }
    }
    all_well
}

/// Runs at most `limit` members at a time, or under `fail_fast` to the first failure. Returns `true` if none failed.
///
/// The members that run are polled in rounds, each of which begins one member further on (law `fair`). Members that
/// start are polled last, in order.
pub(super) async fn drive_in_rounds<F>(members: impl Iterator<Item = F> + Send, limit: usize, policy: Policy) -> bool
where
    F: Future<Output = bool> + Send + Unpin,
{
    let mut waiting = members.enumerate().fuse();
    let mut running: Vec<(usize, F)> = Vec::new();
    let (mut rounds, mut started, mut failed) = (Rounds::default(), 0, false);
    poll_fn(|cx| {
        let mut is_pending = |member: &mut F| {
            let is_cut = failed && policy == Policy::FailFast;
            let polled = if is_cut { Poll::Pending } else { member.poll_unpin(cx) };
            failed |= polled == Poll::Ready(false);
            polled.is_pending()
        };
        let first = rounds.next(started);
        let begin = running.partition_point(|(index, _)| *index < first);
        running.rotate_left(begin);
        running.retain_mut(|(_, member)| is_pending(member));
        running.sort_unstable_by_key(|(index, _)| *index);
        while running.len() < limit {
            let Some((index, mut member)) = waiting.next() else { break };
            started = index + 1;
            if is_pending(&mut member) {
                running.push((index, member));
            }
        }
        if running.is_empty() || failed && policy == Policy::FailFast { Poll::Ready(!failed) } else { Poll::Pending }
    })
    .await
}
