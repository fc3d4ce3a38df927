//! What a panic does without the feature `std`, where it can unwind: run by
//! `cargo test --no-default-features --test without_std`.

#![cfg(not(feature = "std"))]

use futures::executor::block_on;
use std::cell::RefCell;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use withal::{Outcome, Reaper, Resource, ResourceExt, Scope};

thread_local! {
    static EVENTS: RefCell<Vec<(&'static str, u8)>> = const { RefCell::new(Vec::new()) };
}

fn note(event: &'static str, member: u8) {
    EVENTS.with_borrow_mut(|events| events.push((event, member)));
}

/// Panics in its exit if it is the second one.
struct Member(u8);

impl Resource for Member {
    type Guard = u8;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<u8, Infallible> {
        note("enter", self.0);
        Ok(self.0)
    }

    async fn exit(&mut self, guard: u8, _: Outcome<'_>) -> Result<(), Infallible> {
        note("exit", guard);
        assert_ne!(guard, 2, "the second one panics");
        Ok(())
    }

    fn abandon(&mut self, guard: u8) {
        note("abandon", guard);
    }
}

fn events_of(scope: impl Future<Output = anyhow::Result<()>>) -> Vec<(&'static str, u8)> {
    EVENTS.take();
    assert!(catch_unwind(AssertUnwindSafe(|| block_on(scope))).is_err(), "the panic passes through");
    EVENTS.take()
}

#[test]
fn a_panic_of_the_body_passes_through_and_all_are_abandoned() {
    let scope = (Member(0), Member(1)).scope(async |_| panic!("the body panics"));
    assert_eq!(events_of(scope), [("enter", 0), ("enter", 1), ("abandon", 1), ("abandon", 0)]);
}

#[test]
fn a_panic_of_an_exit_passes_through_and_what_has_not_begun_is_abandoned() {
    let scope = (Member(0), Member(1), Member(2), Member(3)).scope(async |_| anyhow::Ok(()));
    let entered = [("enter", 0), ("enter", 1), ("enter", 2), ("enter", 3)];
    assert_eq!(events_of(scope), [&entered[..], &[("exit", 3), ("exit", 2), ("abandon", 1), ("abandon", 0)]].concat());
}

/// The same on a reaper; and the task that panicked is not handed over, as nobody may poll it again.
#[test]
fn a_panic_on_a_reaper_passes_through_and_all_are_abandoned() {
    let (tasks, queue) = mpsc::channel();
    let reaper = Reaper::new(move |task| tasks.send(task).unwrap());
    let scope = Scope::new((Member(0), Member(1), Member(2))).on(&reaper).run(async |_| anyhow::Ok(()));
    let entered = [("enter", 0), ("enter", 1), ("enter", 2)];
    assert_eq!(events_of(scope), [&entered[..], &[("exit", 2), ("abandon", 1), ("abandon", 0)]].concat());
    assert!(queue.try_recv().is_err());
    assert_eq!(reaper.pending(), 0);
}

/// Nor is it polled again by an executor that has it already.
#[test]
fn a_panic_in_the_task_of_a_reaper_passes_through_and_all_are_abandoned() {
    let (tasks, queue) = mpsc::channel();
    let reaper = Reaper::new(move |task| tasks.send(task).unwrap());
    let scope = Scope::new((Member(0), Member(1), Member(2))).on(&reaper);
    let mut scope = Box::pin(scope.run(async |_| std::future::pending::<anyhow::Result<()>>().await));
    assert!(block_on(futures::future::poll_immediate(scope.as_mut())).is_none());
    drop(scope);
    let mut task = queue.recv().unwrap();
    EVENTS.take();
    assert!(catch_unwind(AssertUnwindSafe(|| block_on(task.as_mut()))).is_err(), "the panic passes through");
    assert_eq!(EVENTS.take(), [("exit", 2), ("abandon", 1), ("abandon", 0)]);
    assert_eq!(reaper.pending(), 0);
    block_on(task);
}
