//! Being pending: on an executor, and polled by hand.

use super::panic_of;
use futures::executor::block_on;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use withal::testing::{Ledger, sweep_drops, sweep_signals};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn it_wakes_itself() {
    let (ledger, count) = (Ledger::new(), Arc::new(Wakes::default()));
    let waker = Waker::from(Arc::clone(&count));
    let cx = &mut Context::from_waker(&waker);
    let mut pending = pin!(ledger.pend(3));
    for woken in 1..=3 {
        assert_eq!(pending.as_mut().poll(cx), Poll::Pending);
        assert_eq!(count.0.load(SeqCst), woken);
    }
    assert_eq!(pending.as_mut().poll(cx), Poll::Ready(()));
    assert_eq!((count.0.load(SeqCst), ledger.polls()), (3, 0));
}

/// Not before the next poll: so a group polls those alone who were woken, and in which order is seen.
#[test]
fn by_hand_the_next_poll_wakes_it() {
    let (ledger, count) = (Ledger::new(), Arc::new(Wakes::default()));
    let waker = Waker::from(Arc::clone(&count));
    let cx = &mut Context::from_waker(&waker);
    let (mut first, mut second) = (pin!(ledger.pend(1)), pin!(ledger.pend(2)));
    let both = poll_fn(|_| Poll::Ready(first.as_mut().poll(cx).is_pending() && second.as_mut().poll(cx).is_pending()));
    assert_eq!(ledger.poll(pin!(both)), Poll::Ready(true));
    assert_eq!(count.0.load(SeqCst), 0);
    assert_eq!(ledger.poll(first), Poll::Ready(()));
    assert_eq!((count.0.load(SeqCst), ledger.polls()), (2, 2));
    // Who was woken is forgotten.
    assert_eq!(ledger.poll(second.as_mut()), Poll::Pending);
    assert_eq!(ledger.poll(second), Poll::Ready(()));
    assert_eq!((count.0.load(SeqCst), ledger.polls()), (2, 4));
}

/// Only what is polled within a poll by hand waits for the next one: not what is awaited afterwards, or elsewhere
/// meanwhile, be it after a panic.
#[test]
fn by_hand_is_over_with_the_poll() {
    let ledger = Ledger::new();
    assert_eq!(ledger.poll(pin!(async {})), Poll::Ready(()));
    block_on(ledger.pend(3));
    assert_eq!(panic_of(|| ledger.poll(pin!(async { panic!("by hand") }))), "by hand");
    block_on(ledger.pend(3));
    let elsewhere = || thread::scope(|scope| scope.spawn(|| block_on(ledger.pend(3))).join().unwrap());
    assert_eq!(ledger.poll(pin!(async { elsewhere() })), Poll::Ready(()));
    // A poll within a poll is not the end of the outer one.
    let within = async {
        assert_eq!(ledger.poll(pin!(async {})), Poll::Ready(()));
        ledger.pend(1).await;
    };
    let mut within = pin!(within);
    let count = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&count));
    let inner = poll_fn(|_| Poll::Ready(within.as_mut().poll(&mut Context::from_waker(&waker))));
    assert_eq!(ledger.poll(pin!(inner)), Poll::Ready(Poll::Pending));
    assert_eq!(count.0.load(SeqCst), 0);
    assert_eq!(ledger.poll(pin!(async {})), Poll::Ready(()));
    assert_eq!(count.0.load(SeqCst), 1);
}

/// The same, after sweeps and before.
#[test]
fn a_poll_by_hand_spoils_no_sweep() {
    let ledger = Ledger::new();
    assert!(ledger.poll(pin!(ledger.pend(1))).is_pending());
    assert_eq!(block_on(sweep_drops(&ledger, || ledger.pend(2))), 3);
    assert!(ledger.poll(pin!(ledger.pend(1))).is_pending());
    assert_eq!(block_on(sweep_signals(&ledger, |_| ledger.pend(2))), 3);
}

/// The poll that is under way counts, and what it polls may look at the ledger.
#[test]
fn polls_are_counted_from_within() {
    let ledger = Ledger::new();
    assert_eq!(ledger.poll(pin!(async { ledger.polls() })), Poll::Ready(1));
    assert_eq!(ledger.poll(pin!(async { ledger.polls() })), Poll::Ready(2));
    ledger.clear();
    assert_eq!(ledger.polls(), 2);
}
