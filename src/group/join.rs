//! Drives the members of a tuple or a short array while they are entered or exited.

use super::limit::{drive_in_rounds, drive_one_by_one};
use super::list::drive_many;
use super::turns::{Rounds, Turns, engine_is_by_wake};
use crate::member::Policy;
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use futures::FutureExt;
use futures::future::Either;
use futures_concurrency::future::{Join, TryJoin};

/// Members that are driven together: a tuple of [`MaybeDone`]s.
pub(super) trait JoinAll: Send {
    /// The number of members.
    const LEN: usize;

    /// Polls every member once, in order, as long as the round goes on.
    fn poll_each(&mut self, round: &mut Round<'_, '_>);

    /// Polls every member once, in a ring from `first` on, as long as the round goes on.
    fn poll_from(&mut self, first: usize, round: &mut Round<'_, '_>);

    /// Runs all members to completion. Returns `true` if all succeeded.
    fn join(&mut self) -> impl Future<Output = bool> + Send;

    /// Runs all members to completion or to the first failure. Returns `true` if all succeeded.
    fn try_join(&mut self) -> impl Future<Output = bool> + Send;
}

/// The future of one member. It is stored elsewhere, and not polled again once it is done.
pub(super) enum MaybeDone<F> {
    Running(F),
    Done(bool),
}

impl<F: Future<Output = bool> + Unpin> Future for MaybeDone<F> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let polled = match &mut *self {
            Self::Running(future) => future.poll_unpin(cx),
            Self::Done(well) => return Poll::Ready(*well),
        };
        if let Poll::Ready(well) = polled {
            *self = Self::Done(well);
        }
        polled
    }
}

/// One poll of each member, and the results of these polls.
pub(super) struct Round<'a, 'w> {
    cx: &'a mut Context<'w>,
    policy: Policy,
    pending: usize,
    failed: bool,
}

impl Round<'_, '_> {
    /// Polls the next member, unless a failure under `fail_fast` ended the round.
    pub(super) fn poll<F: Future<Output = bool> + Unpin>(&mut self, member: &mut MaybeDone<F>) {
        if !self.is_cut() {
            match member.poll_unpin(self.cx) {
                Poll::Ready(well) => self.failed |= !well,
                Poll::Pending => self.pending += 1,
            }
        }
    }

    fn is_cut(&self) -> bool {
        self.failed && self.policy == Policy::FailFast
    }
}

/// For up to this many members of a tuple, polling all of them in place on each wake is cheaper than tracking which one
/// was woken.
const FEW: usize = 4;

/// The number of rounds for which the engine drives the members, each beginning with the first one. After that they are
/// polled in place again, because members that are busy for so long are likely to need many more rounds.
const PATIENCE: usize = 16;

/// Runs the members of a tuple to completion. Returns `true` if all succeeded.
///
/// `settle`: if a member fails, the others still run to completion. `fail-fast`: this resolves at the first failure,
/// and its caller drops the rest.
///
/// Every member is polled once in place. If more than a few are pending then, the engine drives them from the next poll
/// on. So a group whose members are ready at once, or that has few of them, never uses the engine, which allocates and
/// locks if another crate switched its feature `std` on. The future returns `Pending` in between, because pending
/// members would otherwise be polled twice in a row.
pub(super) fn drive<C: JoinAll>(members: C, policy: Policy) -> impl Future<Output = bool> + Send {
    let mut in_place = InPlace { members, policy, rounds: Rounds::default(), is_crowded: false };
    if C::LEN <= FEW {
        return Either::Left(in_place);
    }
    Either::Right(async move {
        if let Some(well) = poll_fn(|cx| in_place.poll_until_crowded(cx)).await {
            return well;
        }
        let engine = match policy {
            Policy::Settle => Either::Left(in_place.members.join()),
            Policy::FailFast => Either::Right(in_place.members.try_join()),
        };
        if let Some(well) = patiently(pin!(engine)).await {
            return well;
        }
        in_place.await
    })
}

/// Polls the members in place.
struct InPlace<C> {
    members: C,
    policy: Policy,
    rounds: Rounds,
    is_crowded: bool,
}

impl<C> Unpin for InPlace<C> {}

impl<C: JoinAll> Future for InPlace<C> {
    type Output = bool;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let this = &mut *self;
        let mut round = Round { cx, policy: this.policy, pending: 0, failed: false };
        if this.rounds.is_first() {
            this.members.poll_each(&mut round);
        } else {
            this.members.poll_from(this.rounds.next(C::LEN), &mut round);
        }
        if round.pending == 0 || round.is_cut() {
            return Poll::Ready(!round.failed);
        }
        this.is_crowded = C::LEN > FEW && round.pending > FEW;
        Poll::Pending
    }
}

impl<C: JoinAll> InPlace<C> {
    /// Returns `None` if more than a few members were pending the last time.
    #[inline]
    fn poll_until_crowded(&mut self, cx: &mut Context<'_>) -> Poll<Option<bool>> {
        if self.is_crowded { Poll::Ready(None) } else { self.poll_unpin(cx).map(Some) }
    }
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

/// Converts a member's failure into an `Err`, which stops the engine.
pub(super) fn or_stop(well: bool) -> Result<(), ()> {
    if well { Ok(()) } else { Err(()) }
}

/// A member of a tuple whose other members have other types.
pub(super) type DynFuture<'m> = Pin<&'m mut (dyn Future<Output = bool> + Send + 'm)>;

/// Runs at most `limit` members of a tuple at a time to completion, or under `fail_fast` to the first failure. Returns
/// `true` if none failed. If the tuple is not short, only woken members are polled. `may_start` is asked when a member
/// is first polled.
pub(super) async fn drive_dyn<'m>(
    members: impl Iterator<Item = DynFuture<'m>> + Send,
    limit: usize,
    policy: Policy,
    short: bool,
    may_start: impl Fn(usize) -> bool + Send + Sync,
) -> bool {
    let may_start = &may_start;
    let members = members.enumerate().map(|(turn, member)| Starting { member, turn: Some(turn), may_start });
    match limit {
        1 => drive_one_by_one(members, policy).await,
        _ if short => drive_in_rounds(members, limit, policy).await,
        _ => drive_many(members, limit, policy).await,
    }
}

/// A member that is skipped if it must not start when it is first polled.
struct Starting<'m, 's, S> {
    member: DynFuture<'m>,
    turn: Option<usize>,
    may_start: &'s S,
}

impl<S: Fn(usize) -> bool> Future for Starting<'_, '_, S> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let is_skipped = self.turn.take().is_some_and(|turn| !(self.may_start)(turn));
        if is_skipped { Poll::Ready(true) } else { self.member.as_mut().poll(cx) }
    }
}

/// Runs the members of a short array to completion by the engine, or under `fail_fast` to the first failure. Returns
/// `true` if all succeeded.
pub(super) fn drive_array<F, const N: usize>(
    members: [F; N],
    policy: Policy,
    turns: &Turns,
) -> impl Future<Output = bool> + Send
where
    F: Future<Output = bool> + Send,
{
    let mut index = 0..N;
    let members = members.map(|member| turns.turn(index.next().unwrap_or_default(), member));
    let by_wake = engine_is_by_wake();
    match policy {
        Policy::Settle => {
            let joined = turns.drive(members.join(), N, by_wake);
            Either::Left(joined.map(|all| all.into_iter().all(|well| well)))
        }
        Policy::FailFast => {
            let joined = turns.drive(members.map(|member| member.map(or_stop)).try_join(), N, by_wake);
            Either::Right(joined.map(|all| all.is_ok()))
        }
    }
}
