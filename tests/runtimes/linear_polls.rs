//! Law `linear`: members that are woken one by one cost a fixed number of polls each, and no stack.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use withal::{BoxResource, Group, Outcome, Resource, ResourceExt, ScopeError};

/// Where members wait until they are called.
#[derive(Default)]
struct Desk {
    seats: Vec<Mutex<Seat>>,
    polls: AtomicUsize,
    abandoned: AtomicUsize,
}

#[derive(Default)]
struct Seat {
    called: bool,
    waker: Option<Waker>,
}

impl Desk {
    fn new(number: usize) -> Arc<Self> {
        Arc::new(Self { seats: (0..number).map(|_| Mutex::default()).collect(), ..Self::default() })
    }

    fn members(self: &Arc<Self>) -> impl Iterator<Item = Member> {
        (0..self.seats.len()).map(|seat| Member { seat, desk: Arc::clone(self) })
    }

    async fn wait(&self, seat: usize) {
        poll_fn(|cx| {
            self.polls.fetch_add(1, SeqCst);
            let mut seat = self.seats[seat].lock().unwrap();
            if std::mem::take(&mut seat.called) {
                return Poll::Ready(());
            }
            seat.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn call(&self, seat: usize) {
        let waker = {
            let mut seat = self.seats[seat].lock().unwrap();
            seat.called = true;
            seat.waker.take()
        };
        waker.expect("a member that waits was polled").wake();
    }
}

/// A member that waits in both phases.
struct Member {
    seat: usize,
    desk: Arc<Desk>,
}

impl Resource for Member {
    type Guard = usize;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<usize, Infallible> {
        self.desk.wait(self.seat).await;
        Ok(self.seat)
    }

    async fn exit(&mut self, guard: usize, _: Outcome<'_>) -> Result<(), Infallible> {
        assert_eq!(guard, self.seat);
        self.desk.wait(self.seat).await;
        Ok(())
    }

    fn abandon(&mut self, _: usize) {
        self.desk.abandoned.fetch_add(1, SeqCst);
    }
}

/// A root task that is polled when it was woken, and only then.
struct Root<F> {
    future: Pin<Box<F>>,
    woken: Arc<Flag>,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

impl<F: Future> Root<F> {
    fn new(future: F) -> Self {
        Self { future: Box::pin(future), woken: Arc::new(Flag(AtomicBool::new(true))) }
    }

    fn poll(&mut self) -> Poll<F::Output> {
        while self.woken.0.swap(false, SeqCst) {
            let waker = Waker::from(Arc::clone(&self.woken));
            if let Poll::Ready(output) = self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(output);
            }
        }
        Poll::Pending
    }
}

/// All seats, in an order that is drawn by lot and always the same.
fn shuffled(number: usize, mut lot: u64) -> Vec<usize> {
    let mut seats: Vec<_> = (0..number).collect();
    for last in (1..number).rev() {
        lot ^= lot << 13;
        lot ^= lot >> 7;
        lot ^= lot << 17;
        seats.swap(last, usize::try_from(lot % (last as u64 + 1)).unwrap());
    }
    seats
}

/// Enters and exits a group whose members are called one by one; counts the polls of members.
fn polls<G: Group>(desk: &Desk, group: G) -> usize {
    let number = desk.seats.len();
    let mut root = Root::new(group.scope(async |_| Ok::<_, ScopeError>("done")));
    assert!(root.poll().is_pending());
    for seat in shuffled(number, 1) {
        desk.call(seat);
        assert!(root.poll().is_pending(), "the exits wait");
    }
    let mut result = Poll::Pending;
    for seat in shuffled(number, 2) {
        assert!(result.is_pending(), "the scope waits for the last exit");
        desk.call(seat);
        result = root.poll();
    }
    assert!(matches!(result, Poll::Ready(Ok("done"))));
    desk.polls.load(SeqCst)
}

fn check<G: Group>(number: usize, group: impl Fn(&Arc<Desk>) -> G) -> usize {
    check_within(6, number, group)
}

/// Checks that a member takes so many polls at most.
fn check_within<G: Group>(each: usize, number: usize, group: impl Fn(&Arc<Desk>) -> G) -> usize {
    let desk = Desk::new(number);
    let polls = polls(&desk, group(&desk));
    assert!(polls <= each * number, "{number} members took {polls} polls");
    polls
}

fn vec(desk: &Arc<Desk>) -> Vec<Member> {
    desk.members().collect()
}

fn array(desk: &Arc<Desk>) -> [Member; 64] {
    let mut members = desk.members();
    std::array::from_fn(|_| members.next().unwrap())
}

#[test]
fn linear_in_a_vec() {
    let (thousand, ten_thousand) = (check(1000, vec), check(10_000, vec));
    assert!(ten_thousand <= 10 * thousand + 100, "{thousand} polls became {ten_thousand}");
}

/// In a list of single members, a wake leads to the one that waits for it, and to nobody else.
#[test]
fn linear_without_a_poll_too_many() {
    for number in [17, 30, 31, 100, 1000] {
        let desk = Desk::new(number);
        assert_eq!(polls(&desk, vec(&desk)), 4 * number, "each member is polled twice in each phase");
        let desk = Desk::new(number);
        assert_eq!(polls(&desk, vec(&desk).fail_fast()), 4 * number);
    }
    let desk = Desk::new(64);
    assert_eq!(polls(&desk, array(&desk)), 4 * 64);
}

#[test]
fn linear_in_a_vec_that_fails_fast() {
    let group = |desk: &Arc<Desk>| vec(desk).fail_fast();
    let (thousand, ten_thousand) = (check(1000, group), check(10_000, group));
    assert!(ten_thousand <= 10 * thousand + 100, "{thousand} polls became {ten_thousand}");
}

#[test]
fn linear_in_an_array() {
    check(64, array);
    check(64, |desk| array(desk).fail_fast());
}

/// In a group of groups, each wake leads to the one member.
#[test]
fn linear_in_nested_groups() {
    let nested = |desk: &Arc<Desk>| {
        let mut members = desk.members();
        (0..100).map(|_| members.by_ref().take(100).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    check(10_000, nested);
    check(10_000, |desk| nested(desk).fail_fast());
}

/// Of groups that are short, but are many together, the one is polled to which the wake leads, and what is beside it
/// there.
#[test]
fn linear_in_short_groups_of_short_groups() {
    let lists = |desk: &Arc<Desk>| {
        let mut members = desk.members();
        let mut list = |_| members.by_ref().take(20).collect::<Vec<_>>();
        let mut lists = |_| (0..20).map(&mut list).collect::<Vec<_>>();
        (0..20).map(&mut lists).collect::<Vec<_>>()
    };
    let arrays = |desk: &Arc<Desk>| {
        let mut members = desk.members();
        let mut array = |_| std::array::from_fn::<_, 20, _>(|_| members.next().unwrap());
        let mut arrays = |_| std::array::from_fn::<_, 20, _>(&mut array);
        (0..20).map(&mut arrays).collect::<Vec<_>>()
    };
    check_within(500, 8000, lists);
    check_within(500, 8000, |desk| lists(desk).fail_fast());
    check_within(500, 8000, arrays);
}

macro_rules! dozen {
    ($make:expr) => {
        ($make, $make, $make, $make, $make, $make, $make, $make, $make, $make, $make, $make)
    };
}

/// Tuples of lists and tuples of tuples: what counts is how many members all of them have together.
#[test]
fn linear_in_tuples_of_groups() {
    let lists = |desk: &Arc<Desk>| {
        let mut members = desk.members();
        let mut lists = || (0..20).map(|_| members.by_ref().take(20).collect::<Vec<_>>()).collect::<Vec<_>>();
        dozen!(lists())
    };
    check_within(60, 4800, lists);
    check_within(60, 4800, |desk| lists(desk).fail_fast());
    check_within(60, 4800, |desk| lists(desk).limit(12));
    let tuples = |desk: &Arc<Desk>| {
        let mut members = desk.members();
        let mut dozen = || dozen!(members.next().unwrap());
        // Boxed, as a type of 720 members costs the compiler seconds.
        let mut dozens = || dozen!(dozen().boxed());
        (dozens(), dozens(), dozens(), (dozens(), dozens()))
    };
    check_within(40, 720, tuples);
    check_within(40, 720, |desk| tuples(desk).fail_fast());
    let mixed = |desk: &Arc<Desk>| {
        let mut members = desk.members();
        let mut array = || std::array::from_fn::<_, 25, _>(|_| dozen!(members.next().unwrap()));
        (Some(array()), Box::new(array()), array().boxed(), (array(), ()).named("named"))
    };
    check_within(40, 1200, |desk| (mixed(desk), ()));
}

/// The same where something is around each of the groups.
#[test]
fn linear_in_short_groups_of_what_holds_groups() {
    fn each<R: Resource<Guard: 'static> + 'static>(around: impl Fn(Vec<Member>) -> R) {
        check_boxed(&|list| around(list).boxed());
    }
    fn check_boxed<G: Send + 'static>(around: &dyn Fn(Vec<Member>) -> BoxResource<'static, G>) {
        check_within(60, 625, |desk| {
            let mut members = desk.members();
            (0..25).map(|_| around(members.by_ref().take(25).collect())).collect::<Vec<_>>()
        });
    }
    each(Some);
    each(Box::new);
    each(|list| (list, ()));
    each(|list| [list]);
    each(ResourceExt::boxed);
    each(ResourceExt::fail_fast);
    each(|list| list.limit(25));
    each(|list| list.named("list"));
    each(|list| list.map_err(|failures| failures));
    each(|list| list.exit_within(std::future::pending::<()>));
    each(|list| list.then(|_| ()));
}

/// Law `drop-any-time`, with as many: half are in and are abandoned, the others' enters are dropped.
#[test]
fn linear_when_dropped() {
    let desk = Desk::new(10_000);
    let mut root = Root::new(vec(&desk).scope(async |_| Ok::<_, ScopeError>(())));
    assert!(root.poll().is_pending());
    for seat in &shuffled(10_000, 3)[..5000] {
        desk.call(*seat);
        assert!(root.poll().is_pending());
    }
    drop(root);
    assert_eq!(desk.abandoned.load(SeqCst), 5000);
    assert!(desk.polls.load(SeqCst) <= 3 * 10_000);
}
