//! Nobody observes: a scope costs the same with any mix of features, by the count of allocations.
#![cfg(feature = "std")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use withal::{ExitPool, ExitStack, Outcome, Reaper, Resource, ResourceExt, Scope, ScopeError};

/// Counts what this thread allocates, so that tests on other threads do not count.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: it is the system's allocator; the counter is a constant at first, and needs no drop.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.set(ALLOCATED.get() + 1);
        // SAFETY: what the caller promises is what the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Counts the allocations of a scene, which is polled to its end by hand.
fn allocations<F: Future>(scene: impl Fn() -> F) -> usize {
    let run = || {
        let before = ALLOCATED.get();
        let mut running = pin!(scene());
        while running.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}
        ALLOCATED.get() - before
    };
    run(); // what is made once and for all
    run()
}

/// Pends so often in each phase, and counts how often somebody asks for its name.
struct Light(usize);

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

async fn pend(mut times: usize) {
    std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        times = times.wrapping_sub(1);
        if times == usize::MAX { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

impl Resource for Light {
    type Guard = ();
    type Error = Infallible;

    async fn enter(&mut self) -> Result<(), Infallible> {
        pend(self.0).await;
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Infallible> {
        pend(self.0).await;
        Ok(())
    }

    fn name(&self) -> &'static str {
        ASKED.set(ASKED.get() + 1);
        "light"
    }
}

fn of_scope<R: Resource>(members: impl Fn() -> R) -> usize {
    allocations(|| Scope::new(members()).run_local(async |_| Ok::<_, ScopeError>(())))
}

#[test]
fn a_pair_allocates_nothing() {
    assert_eq!(of_scope(|| (Light(0), Light(0))), 0, "ready");
    assert_eq!(of_scope(|| (Light(1), Light(2))), 0, "pending");
    assert_eq!(of_scope(|| Light(1)), 0, "alone");
}

/// Nor do twelve, nor twelve times twelve, as long as nobody switches on the feature `std` of the engine.
#[test]
fn neither_do_twelve() {
    let twelve = || (0..12).map(|number| Light(number % 3));
    let array = || {
        let mut members = twelve();
        [(); 12].map(|()| members.next().expect("there are twelve"))
    };
    assert_eq!(of_scope(array), 0);
    assert_eq!(of_scope(|| [(); 12].map(|()| array())), 0);
    assert_eq!(of_scope(|| array().map(|Light(number)| (Light(number), Light(1)))), 0);
    assert_eq!(of_scope(|| (array(), (array(), array(), array(), array(), array()))), 0);
}

#[test]
fn neither_do_adaptors() {
    assert_eq!(of_scope(|| ([Light(1), Light(2)].named("pair"), Some(Light(0)).named("one"))), 0);
    assert_eq!(of_scope(|| Light(0).then(|()| (Light(1), Light(0)))), 0);
}

#[test]
fn a_reaper_allocates_twice() {
    let reaper = Reaper::new(drop);
    let scene = || Scope::new((Light(1), Light(0))).on(&reaper).run_local(async |_| Ok::<_, ScopeError>(()));
    assert_eq!(allocations(scene), 2);
}

/// A set in a scope pays for the list that it shares with the scope, for the work that its members may have. A member
/// of the set pays for its place in the set, and for nothing else.
#[test]
fn sets_pay_for_their_members() {
    let of_pool = |members: usize| {
        allocations(|| {
            Scope::new(ExitPool::new()).run_local(async move |pool| {
                for _ in 0..members {
                    pool.enter(Light(1)).await?;
                }
                Ok::<_, ScopeError>(())
            })
        })
    };
    let of_stack = |members: usize| {
        allocations(|| {
            Scope::new(ExitStack::new()).run_local(async move |stack| {
                for _ in 0..members {
                    stack.enter(Light(1)).await?;
                }
                Ok::<_, ScopeError>(())
            })
        })
    };
    assert_eq!((of_pool(0), of_stack(0)), (1, 1));
    assert_eq!((of_pool(2), of_stack(2)), (POOL_OF_TWO, STACK_OF_TWO));
}

// For each member its state and its exit, and for all of them a list. A pool boxes what drives its exits, too.
const POOL_OF_TWO: usize = 7;
const STACK_OF_TWO: usize = 6;

#[test]
fn nobody_asks_for_names() {
    let before = ASKED.get();
    of_scope(|| (Light(1), Light(0)));
    of_scope(|| Light(1).boxed());
    allocations(|| {
        Scope::new(ExitPool::new()).run_local(async |pool| {
            pool.enter((Light(1), Light(0))).await?;
            Ok::<_, ScopeError>(())
        })
    });
    assert_eq!(ASKED.get(), before);
}
