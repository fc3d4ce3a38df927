//! Members side by side in one allocation, polled where they are.

use crate::member::Policy;
use core::borrow::Borrow;
use core::future::Future;
use core::ops::BitAnd;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use pin_project_lite::pin_project;

macro_rules! row {
    ($($seat:ident $index:tt)+) => {
        pin_project! {
            /// Up to [`WIDTH`] members, each in a seat of its own from its first poll to its end.
            pub(super) struct Row<F> {
                $(#[pin] $seat: Option<F>,)+
                taken: Seats,
                // The numbers of the members that took a seat, in order. So many did.
                numbers: [usize; WIDTH],
                begun: usize,
            }
        }

        /// The number of seats in a row.
        pub(super) const WIDTH: usize = [$($index),+].len();

        impl<F> Row<F> {
            pub(super) fn new() -> Self {
                Self { $($seat: None,)+ taken: Seats::NONE, numbers: [0; WIDTH], begun: 0 }
            }

            #[inline]
            fn seat(self: Pin<&mut Self>, index: usize) -> Pin<&mut Option<F>> {
                let this = self.project();
                match index {
                    $($index => this.$seat,)+
                    _ => unreachable!("a row has no other seat"),
                }
            }
        }
    };
}

row! { a 0 b 1 c 2 d 3 e 4 f 5 g 6 h 7 i 8 j 9 k 10 l 11 m 12 n 13 o 14 p 15 }

impl<F: Future<Output = bool>> Row<F> {
    /// Returns the seats with a member, which is pending.
    pub(super) fn taken(&self) -> Seats {
        self.taken
    }

    /// Polls each member once, in order, until one is pending in every seat. A seat whose member is ready at once takes
    /// the next one. Members are numbered from `next` on.
    pub(super) fn start<W: Borrow<Waker>>(
        mut self: Pin<&mut Self>,
        members: &mut impl Iterator<Item = F>,
        next: &mut usize,
        results: &mut Results,
        waker_of: impl Fn(usize) -> W,
    ) {
        for index in 0..WIDTH {
            let waker = waker_of(index);
            let cx = &mut Context::from_waker(waker.borrow());
            let mut seat = self.as_mut().seat(index);
            loop {
                let Some(member) = members.next() else { return };
                *next += 1;
                seat.set(Some(member));
                if poll_seat(seat.as_mut(), cx, results) {
                    break;
                }
                if results.is_cut() {
                    return;
                }
            }
            let this = self.as_mut().project();
            this.taken.add(index);
            this.numbers[index] = *next - 1;
            *this.begun = index + 1;
        }
    }

    /// Polls the members in these seats once, in order, to the first failure under `fail_fast`.
    #[inline]
    pub(super) fn poll<W: Borrow<Waker>>(
        mut self: Pin<&mut Self>,
        seats: Seats,
        results: &mut Results,
        waker_of: impl Fn(usize) -> W,
    ) {
        let mut seats = seats & self.taken;
        while let Some(index) = seats.take_first() {
            if results.is_cut() {
                return;
            }
            let waker = waker_of(index);
            let cx = &mut Context::from_waker(waker.borrow());
            if !poll_seat(self.as_mut().seat(index), cx, results) {
                self.as_mut().project().taken.remove(index);
            }
        }
    }

    /// Splits seats into those before the member with this number, and the rest.
    #[inline]
    pub(super) fn split(&self, seats: Seats, number: usize) -> (Seats, Seats) {
        let begun = &self.numbers[..self.begun];
        seats.split(begun.partition_point(|earlier| *earlier < number))
    }
}

/// Polls the member in a seat, which becomes free when it ends. Returns `true` if it is pending.
#[inline]
fn poll_seat<F: Future<Output = bool>>(
    mut seat: Pin<&mut Option<F>>,
    cx: &mut Context<'_>,
    results: &mut Results,
) -> bool {
    let Some(member) = seat.as_mut().as_pin_mut() else { return false };
    let Poll::Ready(well) = member.poll(cx) else { return true };
    seat.set(None);
    results.add(well);
    false
}

/// Some of the seats of a row: a bit for each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seats(pub(super) u16);

impl Seats {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn add(&mut self, seat: usize) {
        self.0 |= 1 << seat;
    }

    fn remove(&mut self, seat: usize) {
        self.0 &= !(1 << seat);
    }

    /// Takes the first seat.
    #[inline]
    fn take_first(&mut self) -> Option<usize> {
        let seat = self.0.trailing_zeros() as usize;
        self.0 &= self.0.wrapping_sub(1);
        (seat < WIDTH).then_some(seat)
    }

    #[inline]
    pub(super) fn has_one(self) -> bool {
        self.0 & self.0.wrapping_sub(1) == 0
    }

    /// Splits these into the seats before one, and the rest.
    #[inline]
    fn split(self, seat: usize) -> (Self, Self) {
        let before = u16::MAX.checked_shr(u32::try_from(WIDTH - seat).unwrap_or(0)).unwrap_or(0);
        (Self(self.0 & before), Self(self.0 & !before))
    }
}

impl BitAnd for Seats {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// What the members of a list have returned so far.
#[derive(Debug)]
pub(super) struct Results {
    policy: Policy,
    failed: bool,
}

impl Results {
    pub(super) fn new(policy: Policy) -> Self {
        Self { policy, failed: false }
    }

    fn add(&mut self, well: bool) {
        if !well {
            self.failed = true;
        }
    }

    /// Returns `true` if a failure under `fail_fast` ended the group.
    #[inline]
    pub(super) fn is_cut(&self) -> bool {
        self.failed && self.policy == Policy::FailFast
    }

    /// Returns the result of the group, which is over if none of its members `is_pending`.
    #[inline]
    pub(super) fn of_group(&self, is_pending: bool) -> Poll<bool> {
        if is_pending && !self.is_cut() { Poll::Pending } else { Poll::Ready(!self.failed) }
    }
}
