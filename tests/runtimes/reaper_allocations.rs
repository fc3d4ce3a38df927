//! What a reaper costs, by the count of allocations: at most two for a scope that comes to its end, and nothing that
//! stays when many have come and gone (law `reaped`).

use crate::gate::Gate;
use crate::scene::{Member, PHASES, Phase};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::convert::Infallible;
use std::pin::pin;
use withal::{Outcome, Reaper, Resource, ResourceExt, Scope};
use withal_common::{Log, Tasks, pend, poll, reaper, run, settle};

/// Counts what this thread allocates and frees, so that tests on other threads do not count.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static ALLOCATED: Cell<isize> = const { Cell::new(0) };
    static FREED: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: it is the system's allocator; the counters are constants at first, and need no drop.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.set(ALLOCATED.get() + 1);
        // SAFETY: what the caller promises is what the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        FREED.set(FREED.get() + 1);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

fn live() -> isize {
    ALLOCATED.get() - FREED.get()
}

fn allocations<T>(call: impl FnOnce() -> T) -> isize {
    let before = ALLOCATED.get();
    drop(call());
    ALLOCATED.get() - before
}

/// Pends once in each phase, and allocates nothing.
struct Light;

impl Resource for Light {
    type Guard = ();
    type Error = Infallible;

    async fn enter(&mut self) -> Result<(), Infallible> {
        pend(1).await;
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Infallible> {
        pend(1).await;
        Ok(())
    }
}

/// What a scope that is never dropped pays for its reaper.
fn price<R: Resource + 'static>(resource: impl Fn() -> R) -> isize {
    let reaper = Reaper::new(run);
    let body = async |_: &mut R::Guard| Ok::<_, withal::ScopeError>(());
    let plain = allocations(|| run(Scope::new(resource()).run_local(body)).unwrap());
    let kept = allocations(|| run(Scope::new(resource()).on(&reaper).run_local(body)).unwrap());
    kept - plain
}

#[test]
fn a_reaper_costs_two_allocations() {
    assert!(price(|| ()) <= 2);
    assert!(price(|| Light) <= 2);
    assert!(price(|| (Light, Light)) <= 2);
    assert!(price(|| (Light, (Light, [Light, Light]), vec![Light, Light])) <= 2);
}

#[test]
fn a_reaper_costs_two_allocations_with_adaptors() {
    let deadline = || (Light, Light).enter_within(std::future::pending::<()>).exit_within(std::future::pending::<()>);
    assert!(price(deadline) <= 2);
    let price = price(|| (Light, Light).fail_fast());
    assert!(price <= 2, "it costs {price}");
}

/// Opens a scope that is held up in one phase, drops it, and has the rest run.
fn one(phase: Phase, reaper: &Reaper, tasks: &Tasks) {
    let (gate, log) = (Gate::closed(), Log::default());
    let gated = |member: Member| match phase {
        Phase::Enter => member.entered_through(&gate),
        Phase::Body => member,
        Phase::Exit => member.exited_through(&gate),
    };
    let members = (Member::new("a", &log).fails_to(Phase::Exit), gated(Member::new("b", &log)));
    let mut scope = Box::pin(Scope::new(members).on(reaper).run(async |_| {
        if phase == Phase::Body {
            gate.pass().await;
        }
        anyhow::Ok(())
    }));
    settle(scope.as_mut());
    drop(scope);
    assert_eq!(reaper.pending(), 1);
    assert!(poll(pin!(reaper.idle())).is_pending(), "one who gives up waiting");
    gate.open();
    tasks.run();
    assert!(log.story().starts_with("a: entered, told "));
}

#[test]
fn reaped_ten_thousand_and_no_memory_grows() {
    let (reaper, tasks) = reaper();
    let reaper = reaper.on_failure(|reaped| assert_eq!(reaped.failures.len(), 1));
    for phase in PHASES {
        one(phase, &reaper, &tasks);
    }
    let before = live();
    for phase in PHASES.into_iter().cycle().take(9_999) {
        one(phase, &reaper, &tasks);
    }
    run(reaper.idle());
    assert_eq!(live(), before, "allocations that live");
}
