//! The members that are measured, and what polls them.

use super::{Member, Told};
use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use withal::{Outcome, Resource};

/// The end of a member: it looks at what it is told, in the form in which it is told, and waits.
macro_rules! end {
    ($guard:expr, $told:pat = $outcome:expr, $wait:expr) => {{
        std::hint::black_box(($guard, matches!($outcome, $told)));
        $wait.await;
        std::hint::black_box(Ok(()))
    }};
}
#[allow(unused_imports, reason = "not all benches have members of their own")]
pub(crate) use end;

/// A member with a number for a guard, whose enter and exit are pending so often.
pub struct Pending {
    number: u64,
    times: u32,
}

impl Pending {
    pub fn new(number: usize, times: u32) -> Self {
        Self { number: number as u64, times }
    }
}

impl Resource for Pending {
    type Guard = u64;
    type Error = io::Error;

    async fn enter(&mut self) -> io::Result<u64> {
        pend(self.times).await;
        black_box(Ok(self.number))
    }

    async fn exit(&mut self, guard: u64, outcome: Outcome<'_>) -> io::Result<()> {
        end!(guard, Outcome::Completed = outcome, pend(self.times))
    }
}

impl Member for Pending {
    async fn leave(&mut self, guard: u64, told: Told<'_>) -> io::Result<()> {
        end!(guard, Told::Completed = told, pend(self.times))
    }
}

pub async fn pend(mut times: u32) {
    poll_fn(|cx| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A member that waits in both phases until it is called.
pub struct Called {
    seat: usize,
    desk: Arc<Desk>,
}

impl Called {
    pub fn new(seat: usize, desk: &Arc<Desk>) -> Self {
        Self { seat, desk: Arc::clone(desk) }
    }
}

impl Resource for Called {
    type Guard = u64;
    type Error = io::Error;

    async fn enter(&mut self) -> io::Result<u64> {
        self.desk.wait(self.seat).await;
        black_box(Ok(self.seat as u64))
    }

    async fn exit(&mut self, guard: u64, outcome: Outcome<'_>) -> io::Result<()> {
        end!(guard, Outcome::Completed = outcome, self.desk.wait(self.seat))
    }
}

impl Member for Called {
    async fn leave(&mut self, guard: u64, told: Told<'_>) -> io::Result<()> {
        end!(guard, Told::Completed = told, self.desk.wait(self.seat))
    }
}

/// Where members wait until they are called, and the order in which they are.
pub struct Desk {
    seats: Vec<Mutex<Seat>>,
    pub enters: Vec<usize>,
    pub exits: Vec<usize>,
    woken: Arc<Flag>,
}

#[derive(Default)]
struct Seat {
    called: bool,
    waker: Option<Waker>,
}

impl Desk {
    pub fn new(number: usize) -> Arc<Self> {
        let seats = (0..number).map(|_| Mutex::default()).collect();
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        Arc::new(Self { seats, enters: shuffled(number, 1), exits: shuffled(number, 2), woken })
    }

    pub fn seats(&self) -> usize {
        self.seats.len()
    }

    fn seat(&self, seat: usize) -> MutexGuard<'_, Seat> {
        self.seats[seat].lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait(&self, seat: usize) {
        poll_fn(|cx| {
            let mut seat = self.seat(seat);
            if std::mem::take(&mut seat.called) {
                return Poll::Ready(());
            }
            seat.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Says whether somebody waits there.
    pub fn is_taken(&self, seat: usize) -> bool {
        self.seat(seat).waker.is_some()
    }

    /// Calls one, who may not wait yet: those who enter one after the other do not.
    pub fn call(&self, seat: usize) {
        let waker = {
            let mut seat = self.seat(seat);
            seat.called = true;
            seat.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// All seats, in an order that is drawn by lot and always the same.
fn shuffled(number: usize, mut lot: u64) -> Vec<usize> {
    let mut seats: Vec<_> = (0..number).collect();
    for last in (1..number).rev() {
        lot ^= lot << 13;
        lot ^= lot >> 7;
        lot ^= lot << 17;
        seats.swap(last, usize::try_from(lot % (last as u64 + 1)).unwrap_or(last));
    }
    seats
}

/// Polls to the end, as often as it takes: no executor is measured.
pub fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

/// Whether what polls the members was woken.
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

/// Calls the members one by one, first to enter, then to exit, and polls whenever a waker was called.
///
/// # Panics
///
/// If the future does not end with the last call.
pub fn run_called<F: Future>(desk: &Desk, future: F) -> F::Output {
    let mut future = pin!(future);
    desk.woken.0.store(true, SeqCst);
    let waker = Waker::from(Arc::clone(&desk.woken));
    let mut cx = Context::from_waker(&waker);
    let mut calls = desk.enters.iter().chain(&desk.exits);
    loop {
        while desk.woken.0.swap(false, SeqCst) {
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                assert!(calls.next().is_none(), "it ended before the last call");
                return output;
            }
        }
        desk.call(*calls.next().expect("it ends with the last call"));
    }
}
