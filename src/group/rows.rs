//! Drives lists of single members in rows.

use super::row::{Results, Row, Seats, WIDTH};
use super::turns::Rounds;
use super::woken::{RowWaker, Woken};
use crate::member::Policy;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::{Future, Ready};
use core::iter::successors;
use core::mem::take;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// Runs the members of a list to completion, or under `fail_fast` to the first failure. Resolves to `true` if none
/// failed.
pub(super) enum ListFuture<I, F, G> {
    OneRow(Pin<Box<OneRow<I, F>>>),
    Rows(Pin<Box<Rows<I, F>>>),
    /// In another way than in rows.
    Otherwise(Pin<Box<G>>),
}

impl<I: ExactSizeIterator<Item = F>, F, G> ListFuture<I, F, G> {
    /// Drives members of which none is a group. In the first round every member is polled once, in order, and only
    /// those that are pending keep a seat in a row. If all members fit in one row, each wake polls all of them.
    /// Otherwise it polls the one that was woken (law `linear`).
    pub(super) fn in_rows(members: I, policy: Policy) -> Self {
        if members.len() <= WIDTH {
            Self::OneRow(OneRow::new(members, policy))
        } else {
            Self::Rows(Rows::new(members, policy))
        }
    }
}

impl<I, F, G> Future for ListFuture<I, F, G>
where
    I: ExactSizeIterator<Item = F>,
    F: Future<Output = bool>,
    G: Future<Output = bool>,
{
    type Output = bool;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        match &mut *self {
            Self::OneRow(row) => row.as_mut().poll(cx),
            Self::Rows(rows) => rows.as_mut().poll(cx),
            Self::Otherwise(otherwise) => otherwise.as_mut().poll(cx),
        }
    }
}

/// Returns `true` if the futures that `start` returns are small enough to stand side by side. Larger ones are boxed.
pub(super) fn are_small<A, F>(_start: &impl Fn(A) -> F) -> bool {
    size_of::<F>() <= 512
}

/// Drives members in rows that have a box each.
pub(super) fn drive_boxed_in_rows<F: Future<Output = bool> + Send>(
    members: impl ExactSizeIterator<Item = F> + Send,
    policy: Policy,
) -> impl Future<Output = bool> + Send {
    ListFuture::<_, _, Ready<bool>>::in_rows(members.map(Box::pin), policy)
}

pin_project! {
    /// Members that fit in one row.
    pub(super) struct OneRow<I, F> {
        members: Option<I>,
        #[pin]
        row: Row<F>,
        count: usize,
        rounds: Rounds,
        results: Results,
    }
}

impl<I: ExactSizeIterator<Item = F>, F> OneRow<I, F> {
    fn new(members: I, policy: Policy) -> Pin<Box<Self>> {
        let (count, rounds, results) = (members.len(), Rounds::default(), Results::new(policy));
        Box::pin(Self { members: Some(members), row: Row::new(), count, rounds, results })
    }
}

impl<I: Iterator<Item = F>, F: Future<Output = bool>> Future for OneRow<I, F> {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let mut this = self.project();
        let (mut row, begin) = (this.row.as_mut(), this.rounds.next(*this.count));
        if let Some(mut members) = this.members.take() {
            row.as_mut().start(&mut members, &mut 0, this.results, |_| cx.waker());
        } else {
            let (before, from) = row.split(row.taken(), begin);
            row.as_mut().poll(from, this.results, |_| cx.waker());
            row.as_mut().poll(before, this.results, |_| cx.waker());
        }
        this.results.of_group(!row.taken().is_empty())
    }
}

/// Members in as many rows as it takes.
pub(super) struct Rows<I, F> {
    members: Option<I>,
    count: usize,
    places: Vec<Place<F>>,
    /// The number of rows with members that are pending.
    pending: usize,
    woken: Arc<Woken>,
    /// The rows that were woken, while they are polled.
    round: Vec<usize>,
    rounds: Rounds,
    results: Results,
}

/// A row, until all its members have ended, and what their wakers share.
struct Place<F> {
    row: Option<Pin<Box<Row<F>>>>,
    /// The number of the first member that is in no row up to this one.
    end: usize,
    waker: Arc<RowWaker>,
}

impl<I: ExactSizeIterator<Item = F>, F> Rows<I, F> {
    fn new(members: I, policy: Policy) -> Pin<Box<Self>> {
        Box::pin(Self {
            count: members.len(),
            members: Some(members),
            places: Vec::new(),
            pending: 0,
            woken: Woken::new(),
            round: Vec::new(),
            rounds: Rounds::default(),
            results: Results::new(policy),
        })
    }
}

impl<I, F> Unpin for Rows<I, F> {}

impl<I: ExactSizeIterator<Item = F>, F: Future<Output = bool>> Future for Rows<I, F> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        self.woken.register(cx.waker());
        let count = self.count;
        let begin = self.rounds.next(count);
        match self.members.take() {
            Some(members) => self.start(members),
            None => self.poll_woken(begin),
        }
        self.results.of_group(self.pending > 0)
    }
}

impl<I: ExactSizeIterator<Item = F>, F: Future<Output = bool>> Rows<I, F> {
    fn start(&mut self, mut members: I) {
        let mut next = 0;
        while members.len() > 0 && !self.results.is_cut() {
            let waker = RowWaker::new(self.places.len(), &self.woken);
            let mut row = Box::pin(Row::new());
            row.as_mut().start(&mut members, &mut next, &mut self.results, |seat| waker.of_seat(seat));
            let is_pending = !row.taken().is_empty();
            self.pending += usize::from(is_pending);
            self.places.reserve(1 + members.len() / WIDTH);
            self.places.push(Place { row: is_pending.then_some(row), end: next, waker });
        }
    }

    /// Polls the members that were woken, in a ring from the member `begin` on (law `fair`).
    fn poll_woken(&mut self, begin: usize) {
        let Some(row) = self.woken.take() else { return };
        if self.places[row].waker.next().is_some() {
            return self.poll_rows(row, begin);
        }
        let seats = self.places[row].waker.take_seats();
        if seats.has_one() {
            self.poll_row(row, seats);
        } else {
            let (before, from) = self.split(row, seats, begin);
            self.poll_row(row, from);
            self.poll_row(row, before);
        }
    }

    /// Polls several rows. The one in which the ring begins is the last one, too.
    fn poll_rows(&mut self, last_woken: usize, begin: usize) {
        let mut round = take(&mut self.round);
        round.reserve(self.pending);
        round.extend(successors(Some(last_woken), |row| self.places[*row].waker.next()));
        round.sort_unstable();
        let first = round.partition_point(|row| self.places[*row].end <= begin) % round.len();
        round.rotate_left(first);
        let seats = self.places[round[0]].waker.take_seats();
        let (before, from) = self.split(round[0], seats, begin);
        self.poll_row(round[0], from);
        for row in &round[1..] {
            let seats = self.places[*row].waker.take_seats();
            self.poll_row(*row, seats);
        }
        self.poll_row(round[0], before);
        round.clear();
        self.round = round;
    }

    /// Splits seats in a row into those before the member `begin`, and the rest.
    fn split(&self, row: usize, seats: Seats, begin: usize) -> (Seats, Seats) {
        self.places[row].row.as_ref().map_or((Seats::NONE, Seats::NONE), |row| row.split(seats, begin))
    }

    #[inline]
    fn poll_row(&mut self, row: usize, seats: Seats) {
        let Place { row: place, waker, .. } = &mut self.places[row];
        let Some(row) = place else { return };
        row.as_mut().poll(seats, &mut self.results, |seat| waker.of_seat(seat));
        if row.taken().is_empty() {
            *place = None;
            self.pending -= 1;
        }
    }
}

impl<I, F> Drop for Rows<I, F> {
    fn drop(&mut self) {
        self.woken.unregister();
    }
}

#[cfg(test)]
mod tests;
