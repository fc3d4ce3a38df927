use super::super::row::WIDTH;
use super::ListFuture;
use crate::member::Policy;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::future::{Future, Ready, poll_fn};
use core::mem::take;
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use core::task::{Context, Poll, Waker};
use futures::executor::block_on;
use std::sync::Mutex;
use std::thread;

/// Members that end when they are called, the calls that they wait for, and who was polled.
#[derive(Default)]
struct Members {
    calls: Mutex<Vec<Call>>,
    polled: Mutex<Vec<usize>>,
}

#[derive(Clone, Default)]
struct Call {
    result: Option<bool>,
    waker: Option<Waker>,
}

type List = Pin<Box<dyn Future<Output = bool> + Send>>;

impl Members {
    fn new(count: usize) -> Arc<Self> {
        let calls = Mutex::new(alloc::vec![Call::default(); count]);
        Arc::new(Self { calls, polled: Mutex::default() })
    }

    fn list(self: &Arc<Self>, policy: Policy) -> List {
        let count = self.calls.lock().unwrap().len();
        let members = (0..count).map({
            let this = Arc::clone(self);
            move |index| {
                let this = Arc::clone(&this);
                poll_fn(move |cx| this.poll(index, cx))
            }
        });
        Box::pin(ListFuture::<_, _, Ready<bool>>::in_rows(members, policy))
    }

    fn poll(&self, index: usize, cx: &mut Context<'_>) -> Poll<bool> {
        self.polled.lock().unwrap().push(index);
        let call = &mut self.calls.lock().unwrap()[index];
        call.waker = Some(cx.waker().clone());
        call.result.map_or(Poll::Pending, Poll::Ready)
    }

    fn wake(&self, index: usize) {
        let waker = self.calls.lock().unwrap()[index].waker.clone();
        waker.expect("it was polled").wake();
    }

    /// Lets a member end at its next poll, and wakes it if it was polled.
    fn call(&self, index: usize, result: bool) {
        let waker = {
            let call = &mut self.calls.lock().unwrap()[index];
            call.result = Some(result);
            call.waker.clone()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Returns the members that were polled since the last time, in order.
    fn polled(&self) -> Vec<usize> {
        take(&mut self.polled.lock().unwrap())
    }
}

/// Counts the wakes of a list.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn poll(list: &mut List) -> Poll<bool> {
    list.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

const MANY: usize = 3 * WIDTH + 2;

#[test]
fn first_round_in_order() {
    for count in [0, 1, WIDTH, WIDTH + 1, MANY] {
        let (members, ready) = (Members::new(count), |index| index % 5 != 3);
        (0..count).filter(|index| ready(*index)).for_each(|index| members.call(index, true));
        let mut list = members.list(Policy::Settle);
        assert_eq!(poll(&mut list).is_ready(), (0..count).all(ready));
        assert_eq!(members.polled(), (0..count).collect::<Vec<_>>());
    }
}

/// Law `linear`: a wake leads to the one member. If that has ended, it leads to the one in the same seat at most.
#[test]
fn a_wake_polls_one_member() {
    let members = Members::new(MANY);
    (0..MANY).step_by(7).for_each(|index| members.call(index, true));
    let mut list = members.list(Policy::Settle);
    assert!(poll(&mut list).is_pending());
    members.polled();
    assert!(poll(&mut list).is_pending());
    assert_eq!(members.polled(), [], "nobody was woken");
    for index in (0..MANY).filter(|index| index % 7 != 0) {
        members.wake(index);
        members.wake(index);
        assert!(poll(&mut list).is_pending());
        assert_eq!(members.polled(), [index], "it is still pending");
    }
    for index in (0..MANY).step_by(7) {
        members.wake(index);
        assert!(poll(&mut list).is_pending());
        assert!(members.polled().len() <= 1);
    }
    for index in (0..MANY).rev().filter(|index| index % 7 != 0) {
        members.call(index, true);
        assert_eq!(poll(&mut list), if index == 1 { Poll::Ready(true) } else { Poll::Pending });
        assert_eq!(members.polled(), [index]);
    }
}

/// Law `fair`: each round begins one member further on, whatever was woken, and in which order.
#[test]
fn each_member_begins_a_round() {
    for (count, step) in [(3, 1), (WIDTH, 1), (MANY, 1), (MANY, 3), (MANY, WIDTH)] {
        let members = Members::new(count);
        (0..count).filter(|index| index % 4 == 3).for_each(|index| members.call(index, true));
        let mut list = members.list(Policy::Settle);
        for round in 0..2 * count {
            assert!(poll(&mut list).is_pending());
            let begin = round % count;
            let mut pending: Vec<_> = (begin..count).chain(0..begin).filter(|index| index % 4 != 3).collect();
            match round {
                0 => pending = (0..count).collect(),
                _ if count > WIDTH => pending.retain(|index| index % step == 0),
                _ => {}
            }
            assert_eq!(members.polled(), pending, "round {round}");
            (0..count).rev().filter(|index| index % 4 != 3 && index % step == 0).for_each(|index| members.wake(index));
        }
    }
}

/// Law `fail-fast`: nobody is polled after the first failure, be it in the first round or in the middle of a row.
#[test]
fn fail_fast_ends_the_round() {
    for (count, fails) in [(WIDTH, 0), (WIDTH, 5), (MANY, 0), (MANY, 20), (MANY, MANY - 1)] {
        let members = Members::new(count);
        members.call(fails, false);
        let mut list = members.list(Policy::FailFast);
        assert_eq!(poll(&mut list), Poll::Ready(false));
        assert_eq!(members.polled(), (0..=fails).collect::<Vec<_>>());

        let members = Members::new(count);
        let mut list = members.list(Policy::FailFast);
        assert!(poll(&mut list).is_pending());
        members.polled();
        (0..count).for_each(|index| members.call(index, index != fails));
        assert_eq!(poll(&mut list), Poll::Ready(false));
        assert_eq!(members.polled().last(), Some(&fails));
    }
}

/// Law `settle`: a failure changes nothing for the others, and is in the result.
#[test]
fn settle_runs_all_to_the_end() {
    for (count, fails) in [(WIDTH, 0), (WIDTH, 5), (MANY, 0), (MANY, 20), (MANY, MANY - 1)] {
        let members = Members::new(count);
        members.call(fails, false);
        let mut list = members.list(Policy::Settle);
        assert!(poll(&mut list).is_pending());
        assert_eq!(members.polled(), (0..count).collect::<Vec<_>>());
        (0..count).for_each(|index| members.call(index, true));
        assert_eq!(poll(&mut list), Poll::Ready(false));
        assert_eq!(members.polled().len(), count - 1);
    }
}

/// The wakers of members are often kept for longer than the list: they must not keep its task.
#[test]
fn wakers_of_members_do_not_keep_that_of_the_list() {
    let (members, counted) = (Members::new(MANY), Arc::new(Wakes::default()));
    let mut list = members.list(Policy::Settle);
    let waker = Waker::from(Arc::clone(&counted));
    assert!(list.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    members.wake(3);
    members.wake(30);
    assert_eq!(counted.0.load(SeqCst), 1, "one wake is enough for a poll");
    let waker = Waker::from(Arc::clone(&counted));
    assert!(list.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop((list, waker));
    members.wake(3);
    assert_eq!((counted.0.load(SeqCst), Arc::strong_count(&counted)), (1, 1));
}

/// No wake is lost when threads wake members of the same rows while the list is polled.
#[test]
fn wakes_of_several_threads() {
    for count in [2 * WIDTH, 5 * WIDTH] {
        let members = Members::new(count);
        let list = members.list(Policy::Settle);
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let members = Arc::clone(&members);
                thread::spawn(move || (number..count).step_by(4).for_each(|index| members.call(index, true)))
            })
            .collect();
        assert!(block_on(list));
        for thread in threads {
            thread.join().unwrap();
        }
    }
}
