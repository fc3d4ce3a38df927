//! Which members of a list were woken.

use super::row::Seats;
use alloc::sync::Arc;
use alloc::task::Wake;
use bytemuck::TransparentWrapper;
use bytemuck::allocation::TransparentWrapperAlloc;
use core::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use core::task::Waker;
use futures::task::AtomicWaker;

/// The rows of which members were woken: a stack, linked by the numbers of the rows. Wakes push to it, and each poll of
/// the list takes all.
///
/// It has no lock, so that an interrupt can wake members.
#[derive(Debug)]
pub(super) struct Woken {
    top: AtomicUsize,
    list: AtomicWaker,
}

/// The number of no row.
const NO_ROW: usize = usize::MAX;

impl Woken {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { top: AtomicUsize::new(NO_ROW), list: AtomicWaker::new() })
    }

    /// Registers the waker of the list, before the rows are taken. A row that is woken from now on wakes the list.
    pub(super) fn register(&self, list: &Waker) {
        self.list.register(list);
    }

    /// Forgets the waker of the list, which the wakers of its members would keep alive.
    pub(super) fn unregister(&self) {
        drop(self.list.take());
    }

    /// Takes the rows. Returns the one that was woken last: it is followed by the one that was woken before it, and so
    /// on.
    pub(super) fn take(&self) -> Option<usize> {
        some_row(self.top.swap(NO_ROW, Ordering::Acquire))
    }
}

fn some_row(row: usize) -> Option<usize> {
    (row != NO_ROW).then_some(row)
}

/// What the wakers of the members in a row share.
#[derive(Debug)]
pub(super) struct RowWaker {
    row: usize,
    /// The seats that were woken since the row was polled. If there are some, the row is in the stack, or was taken.
    seats: AtomicU16,
    /// The next row in the stack.
    next: AtomicUsize,
    woken: Arc<Woken>,
}

impl RowWaker {
    pub(super) fn new(row: usize, woken: &Arc<Woken>) -> Arc<Self> {
        let (seats, next) = (AtomicU16::new(0), AtomicUsize::new(NO_ROW));
        Arc::new(Self { row, seats, next, woken: Arc::clone(woken) })
    }

    /// Returns the next one of the rows that were taken, as long as the seats of this one were not.
    pub(super) fn next(&self) -> Option<usize> {
        some_row(self.next.load(Ordering::Relaxed))
    }

    /// Takes the seats that were woken, before their members are polled. From now on the row can be woken again.
    pub(super) fn take_seats(&self) -> Seats {
        Seats(self.seats.swap(0, Ordering::Acquire))
    }

    fn wake(&self, seat: usize) {
        if self.seats.fetch_or(1 << seat, Ordering::AcqRel) == 0 {
            self.push();
            self.woken.list.wake();
        }
    }

    fn push(&self) {
        let top = &self.woken.top;
        let mut next = top.load(Ordering::Relaxed);
        loop {
            self.next.store(next, Ordering::Relaxed);
            match top.compare_exchange_weak(next, self.row, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => next = now,
            }
        }
    }
}

/// The waker of the member in a seat. The wakers of all seats share one allocation, in which their types tell them
/// apart.
#[derive(TransparentWrapper)]
#[repr(transparent)]
struct SeatWaker<const SEAT: usize>(RowWaker);

impl<const SEAT: usize> Wake for SeatWaker<SEAT> {
    fn wake(self: Arc<Self>) {
        self.0.wake(SEAT);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake(SEAT);
    }
}

macro_rules! seat_wakers {
    ($($seat:literal)+) => {
        impl RowWaker {
            /// Returns the waker of the member in a seat.
            #[inline]
            pub(super) fn of_seat(self: &Arc<Self>, seat: usize) -> Waker {
                let row = Arc::clone(self);
                match seat {
                    $($seat => Waker::from(SeatWaker::<$seat>::wrap_arc(row)),)+
                    _ => unreachable!("a row has no other seat"),
                }
            }
        }
    };
}

seat_wakers! { 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 }
