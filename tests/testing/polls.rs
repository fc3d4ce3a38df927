//! Being pending: on an executor, and polled by hand.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use withal::testing::Ledger;

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
    assert_eq!(ledger.poll(pin!(async {})), Poll::Ready(()));
    let (mut first, mut second) = (pin!(ledger.pend(1)), pin!(ledger.pend(2)));
    assert!(first.as_mut().poll(cx).is_pending() && second.as_mut().poll(cx).is_pending());
    assert_eq!(count.0.load(SeqCst), 0);
    assert_eq!(ledger.poll(first), Poll::Ready(()));
    assert_eq!((count.0.load(SeqCst), ledger.polls()), (2, 2));
    // Who was woken is forgotten.
    assert_eq!(ledger.poll(second.as_mut()), Poll::Pending);
    assert_eq!(ledger.poll(second), Poll::Ready(()));
    assert_eq!((count.0.load(SeqCst), ledger.polls()), (2, 4));
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
