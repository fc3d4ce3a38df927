//! The members of a group on their way in or out.

use crate::hold::Policy;
use futures::FutureExt;
use futures::future::{join_all, try_join_all};
use futures::stream::{FuturesUnordered, StreamExt};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Members that are driven together: a tuple or a `Vec` of [`Member`]s.
pub(super) trait Crowd: Send {
    /// Polls every member once, in order: ready when all are done, or when one failed and that is enough.
    fn poll_first(&mut self, cx: &mut Context<'_>, policy: Policy) -> Poll<bool>;

    /// Drives all to their end; true when all went well.
    fn join(self) -> impl Future<Output = bool> + Send;

    /// Drives all to their end or to the first failure; true when all went well.
    fn try_join(self) -> impl Future<Output = bool> + Send;
}

/// One member on its way: a future that stands elsewhere, or what became of it.
pub(super) enum Member<F> {
    Running(F),
    Done(bool),
}

impl<F: Future<Output = bool> + Unpin> Future for Member<F> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        if let Self::Running(future) = &mut *self {
            match future.poll_unpin(cx) {
                Poll::Ready(well) => *self = Self::Done(well),
                Poll::Pending => return Poll::Pending,
            }
        }
        match *self {
            Self::Done(well) => Poll::Ready(well),
            Self::Running(_) => Poll::Pending,
        }
    }
}

/// The first poll of each member, and what is known after it.
pub(super) struct Round<'a, 'w> {
    cx: &'a mut Context<'w>,
    policy: Policy,
    pending: bool,
    failed: bool,
}

impl<'a, 'w> Round<'a, 'w> {
    pub(super) fn new(cx: &'a mut Context<'w>, policy: Policy) -> Self {
        Self { cx, policy, pending: false, failed: false }
    }

    /// Polls the next member, unless it must not start any more.
    pub(super) fn poll<F: Future<Output = bool> + Unpin>(&mut self, member: &mut Member<F>) {
        if !self.is_cut() {
            match member.poll_unpin(self.cx) {
                Poll::Ready(well) => self.failed |= !well,
                Poll::Pending => self.pending = true,
            }
        }
    }

    pub(super) fn end(self) -> Poll<bool> {
        if self.pending && !self.is_cut() { Poll::Pending } else { Poll::Ready(!self.failed) }
    }

    fn is_cut(&self) -> bool {
        self.failed && self.policy == Policy::FailFast
    }
}

/// Up to here, to poll all members on each wake is cheaper than to tell which one was woken.
pub(super) const SHORT: usize = 30;

/// Turns a member's failure into what stops the engine.
pub(super) fn or_stop(well: bool) -> Result<(), ()> {
    if well { Ok(()) } else { Err(()) }
}

impl<F: Future<Output = bool> + Unpin + Send> Crowd for Vec<Member<F>> {
    fn poll_first(&mut self, cx: &mut Context<'_>, policy: Policy) -> Poll<bool> {
        let mut round = Round::new(cx, policy);
        for member in self {
            round.poll(member);
        }
        round.end()
    }

    async fn join(self) -> bool {
        let (all_well, running) = split(self);
        join_all(running).await.into_iter().fold(all_well, |all, well| all && well)
    }

    /// Above `SHORT` not by `try_join_all`, which then sees a failure only when all before it are done.
    async fn try_join(self) -> bool {
        let (all_well, running) = split(self);
        if running.len() <= SHORT {
            return all_well && try_join_all(running.into_iter().map(|member| member.map(or_stop))).await.is_ok();
        }
        let running: FuturesUnordered<_> = running.into_iter().collect();
        all_well && running.all(|well| async move { well }).await
    }
}

fn split<F>(members: Vec<Member<F>>) -> (bool, Vec<F>) {
    let mut all_well = true;
    let mut running = Vec::with_capacity(members.len());
    for member in members {
        match member {
            Member::Running(future) => running.push(future),
            Member::Done(well) => all_well &= well,
        }
    }
    (all_well, running)
}
