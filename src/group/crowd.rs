//! The members of a group on their way in or out.

use super::turns::{Begun, InTurns, Rounds, Turns, engine_is_by_wake};
use crate::hold::Policy;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use core::task::{Context, Poll};
use futures::FutureExt;
use futures::future::{Either, join_all, try_join_all};
use futures::stream::{FuturesUnordered, StreamExt};
use futures_concurrency::future::{Join, TryJoin};
use pin_project_lite::pin_project;

/// Members that are driven together: a tuple of [`Member`]s.
pub(super) trait Crowd: Send {
    /// How many they are.
    const LEN: usize;

    /// Polls every member once, in order, as long as the round goes on.
    fn poll_each(&mut self, round: &mut Round<'_, '_>);

    /// Polls every member once, as long as the round goes on: so many in a ring from this one on, and the others, which
    /// have not begun yet, after them.
    fn poll_from(&mut self, first: usize, begun: usize, round: &mut Round<'_, '_>);

    /// Drives all to their end; true when all that were running went well.
    fn join(self, turns: &Turns) -> impl Future<Output = bool> + Send;

    /// Drives all to their end or to the first failure; true when all that were running went well.
    fn try_join(self, turns: &Turns) -> impl Future<Output = bool> + Send;
}

/// One member on its way: a future that stands elsewhere, and is polled no more once it is done.
pub(super) enum Member<F> {
    Running(F),
    Done,
}

impl<F: Future<Output = bool> + Unpin> Future for Member<F> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let Self::Running(future) = &mut *self else {
            return Poll::Ready(true);
        };
        let polled = future.poll_unpin(cx);
        if polled.is_ready() {
            *self = Self::Done;
        }
        polled
    }
}

/// One poll of each member, and what is known after it.
pub(super) struct Round<'a, 'w> {
    cx: &'a mut Context<'w>,
    policy: Policy,
    pending: usize,
    failed: bool,
}

impl Round<'_, '_> {
    /// Polls the next member, unless it must not start any more.
    pub(super) fn poll<F: Future<Output = bool> + Unpin>(&mut self, member: &mut Member<F>) {
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

/// Up to here, to poll the members of a tuple where they stand is cheaper on each wake than to tell which one was
/// woken.
const FEW: usize = 4;

/// So many rounds of the engine begin with the first member. To begin elsewhere costs one more look at each member, and
/// those that are busy for long have many rounds before them.
const PATIENCE: usize = 16;

pin_project! {
    /// Polls every member once where it stands, and leaves them to the engine if more than a few are pending then.
    ///
    /// So a group whose members are ready at once, or that has few of them, never touches the engine, which allocates
    /// and locks if another crate switched its feature `std` on. Control is given back between the two, or pending
    /// members would be polled twice in a row.
    #[must_use = "a future does nothing unless it is awaited"]
    pub(super) struct Drive<'t, C, E, F, B> {
        #[pin]
        stage: Stage<'t, C, E, F, B>,
        policy: Policy,
        is_crowded: bool,
        failed: bool,
        rounds: Rounds,
        begun: B,
        turns: &'t Turns,
    }
}

pin_project! {
    #[project = Now]
    #[project_replace = Then]
    enum Stage<'t, C, E, F, B> {
        InPlace { members: C, engine: E },
        InEngine { #[pin] running: InTurns<'t, F, B> },
        Over,
    }
}

impl<'t, C, E, F, B> Drive<'t, C, E, F, B> {
    pub(super) fn new(members: C, policy: Policy, begun: B, turns: &'t Turns, engine: E) -> Self {
        let stage = Stage::InPlace { members, engine };
        Self { stage, policy, is_crowded: false, failed: false, rounds: Rounds::default(), begun, turns }
    }
}

/// Drives the members of a tuple to their end, or under `fail_fast` to the first failure; true when all went well.
///
/// `settle`: one that fails leaves the others to run to their end. `fail-fast`: this resolves at the first failure, and
/// its caller drops the rest.
pub(super) fn drive<C: Crowd>(
    members: C,
    policy: Policy,
    begun: impl Begun,
    turns: &Turns,
) -> impl Future<Output = bool> + Send {
    Drive::new(members, policy, begun, turns, move |members: C| match policy {
        Policy::Settle => Either::Left(members.join(turns)),
        Policy::FailFast => Either::Right(members.try_join(turns)),
    })
}

impl<C: Crowd, E: FnOnce(C) -> F, F: Future<Output = bool>, B: Begun> Future for Drive<'_, C, E, F, B> {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let mut this = self.project();
        if C::LEN > FEW && *this.is_crowded {
            if let Then::InPlace { members, engine } = this.stage.as_mut().project_replace(Stage::Over) {
                let running = this.turns.drive(engine(members), PATIENCE, C::LEN, *this.begun, engine_is_by_wake());
                this.stage.set(Stage::InEngine { running });
            }
            *this.is_crowded = false;
        }
        match this.stage.project() {
            Now::InPlace { members, .. } => {
                let mut round = Round { cx, policy: *this.policy, pending: 0, failed: *this.failed };
                if this.rounds.is_first() {
                    members.poll_each(&mut round);
                } else {
                    let begun = this.begun.count().min(C::LEN);
                    members.poll_from(this.rounds.next(begun), begun, &mut round);
                }
                *this.failed = round.failed;
                if round.pending == 0 || round.is_cut() {
                    return Poll::Ready(!*this.failed);
                }
                *this.is_crowded = C::LEN > FEW && round.pending > FEW;
                Poll::Pending
            }
            Now::InEngine { running } => running.poll(cx).map(|well| well && !*this.failed),
            Now::Over => Poll::Pending,
        }
    }
}

/// Turns a member's failure into what stops the engine.
pub(super) fn or_stop(well: bool) -> Result<(), ()> {
    if well { Ok(()) } else { Err(()) }
}

/// Drives futures to their end, in whatever number; true when all went well. Under `fail_fast` it ends at the first
/// failure. Of a list that is not short only those are polled that were woken.
pub(super) async fn drive_list<F>(
    members: impl ExactSizeIterator<Item = F> + Send,
    policy: Policy,
    begun: impl Begun,
    short: bool,
) -> bool
where
    F: Future<Output = bool> + Send,
{
    if !short {
        return drive_many(members, policy).await;
    }
    let (turns, count) = (Turns::default(), members.len());
    let members = members.enumerate().map(|(index, member)| turns.turn(index, member));
    match policy {
        Policy::Settle => turns.drive(join_few(members), 0, count, begun, false).await,
        Policy::FailFast => {
            let members = try_join_all(members.map(|member| member.map(or_stop)));
            turns.drive(members, 0, count, begun, false).await.is_ok()
        }
    }
}

/// Drives the members of a short array to their end by the engine; true when all went well. Under `fail_fast` it ends
/// at the first failure.
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
            let joined = turns.drive(members.join(), 0, N, (), by_wake);
            Either::Left(joined.map(|all| all.into_iter().all(|well| well)))
        }
        Policy::FailFast => {
            let joined = turns.drive(members.map(|member| member.map(or_stop)).try_join(), 0, N, (), by_wake);
            Either::Right(joined.map(|all| all.is_ok()))
        }
    }
}

/// Polls only those that were woken. All are begun before control is given back for the first time, in their order:
/// `FuturesUnordered` gives it back as soon as two have woken themselves, and then a signal, a drop or a neighbour
/// would come between.
pub(super) async fn drive_many<F>(members: impl ExactSizeIterator<Item = F>, policy: Policy) -> bool
where
    F: Future<Output = bool> + Send,
{
    let (count, begun) = (members.len(), AtomicUsize::new(0));
    let mut members: FuturesUnordered<_> = members.map(|member| Counted { member, begun: Some(&begun) }).collect();
    let mut all_well = true;
    poll_fn(|cx| {
        loop {
            match members.poll_next_unpin(cx) {
                Poll::Ready(Some(well)) => all_well &= well,
                Poll::Ready(None) => return Poll::Ready(all_well),
                Poll::Pending if begun.load(Relaxed) == count => return Poll::Pending,
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
    /// Counts its first poll.
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

/// Notes results, and does not list them.
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
