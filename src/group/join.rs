//! Drives the members of a tuple or a short array while they are entered or exited.

use super::limit::drive_one_by_one;
use super::list::drive_many;
use super::turns::{Turns, engine_is_by_wake};
use crate::member::Policy;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures::FutureExt;
use futures::future::Either;
use futures_concurrency::future::{Join, TryJoin};

/// Converts a member's failure into an `Err`, which stops the engine.
pub(super) fn or_stop(well: bool) -> Result<(), ()> {
    if well { Ok(()) } else { Err(()) }
}

/// A member of a tuple whose other members have other types.
pub(super) type DynFuture<'m> = Pin<&'m mut (dyn Future<Output = bool> + Send + 'm)>;

/// Runs at most `limit` members of a tuple at a time to completion, or under `fail_fast` to the first failure. Returns
/// `true` if none failed. Only woken members are polled. `may_start` is asked when a member is first polled.
pub(super) async fn drive_dyn<'m>(
    members: impl Iterator<Item = DynFuture<'m>> + Send,
    limit: usize,
    policy: Policy,
    may_start: impl Fn(usize) -> bool + Send + Sync,
) -> bool {
    let may_start = &may_start;
    let members = members.enumerate().map(|(turn, member)| Starting { member, turn: Some(turn), may_start });
    match limit {
        1 => drive_one_by_one(members, policy).await,
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
