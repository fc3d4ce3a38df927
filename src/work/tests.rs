//! Work that two tasks poll.

use super::{Poller, Work};
use futures::task::{ArcWake, waker};
use std::boxed::Box;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl ArcWake for Wakes {
    fn wake_by_ref(wakes: &Arc<Self>) {
        wakes.0.fetch_add(1, SeqCst);
    }
}

/// A poller that comes while the other one polls finds the future taken out. If the work was woken before that, nobody
/// else wakes this poller: the other task can be over by then.
#[test]
fn a_poller_that_comes_during_a_poll_is_woken_after_it() {
    let (scope, member, work) = (Arc::<Wakes>::default(), Arc::<Wakes>::default(), Work::new());
    let (inner, member_waker) = (Arc::clone(&work), waker(Arc::clone(&member)));
    let mut polls = 0;
    work.begin(Box::pin(poll_fn(move |cx| {
        polls += 1;
        if polls == 2 {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        assert!(inner.poll(Poller::Member, &mut Context::from_waker(&member_waker)).is_pending());
        Poll::Pending
    })));
    assert!(work.poll(Poller::Scope, &mut Context::from_waker(&waker(Arc::clone(&scope)))).is_pending());
    assert_eq!(member.0.load(SeqCst), 1, "the poller that found the future taken out");
    let member_waker = waker(member);
    assert_eq!(work.poll(Poller::Member, &mut Context::from_waker(&member_waker)), Poll::Ready(false));
}
