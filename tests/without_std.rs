//! What a panic does without the feature `std`, where it can unwind: run by
//! `cargo test --no-default-features --test without_std`.

#![cfg(not(feature = "std"))]

use futures::executor::block_on;
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use withal::{Outcome, Reaper, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, background};

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
    let mut scope = Box::pin(scope.run(async |_| pending::<anyhow::Result<()>>().await));
    assert!(block_on(futures::future::poll_immediate(scope.as_mut())).is_none());
    drop(scope);
    let mut task = queue.recv().unwrap();
    EVENTS.take();
    assert!(catch_unwind(AssertUnwindSafe(|| block_on(task.as_mut()))).is_err(), "the panic passes through");
    assert_eq!(EVENTS.take(), [("exit", 2), ("abandon", 1), ("abandon", 0)]);
    assert_eq!(reaper.pending(), 0);
    block_on(task);
}

/// Nothing says which body a thread polls: a scope in a body that is given up is dropped with it, in the middle, and
/// only then is the scope around exited.
#[test]
fn a_scope_in_a_body_that_is_given_up_is_dropped_with_it() {
    EVENTS.take();
    let mut polls = 0;
    let signal = std::future::poll_fn(move |_| {
        polls += 1;
        if polls == 3 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    });
    let scope = Scope::new(Member(0))
        .until(signal)
        .run(async |_| Member(1).scope(async |_| pending::<anyhow::Result<()>>().await).await);
    let mut scope = Box::pin(scope);
    while block_on(futures::future::poll_immediate(scope.as_mut())).is_none() {}
    assert_eq!(EVENTS.take(), [("enter", 0), ("enter", 1), ("abandon", 1), ("exit", 0)]);
}

fn shield() -> &'static str {
    "a shield of our own"
}

fn cancelled() -> &'static str {
    "a name of our own"
}

/// It does not compile where the crate has items of these names, which would come before those around the function.
#[test]
fn there_is_no_shield() {
    use withal::*;
    let _: Scope<()> = Scope::new(());
    assert_eq!((shield(), cancelled()), ("a shield of our own", "a name of our own"));
}

/// A member that dies, by its work or by what watches it, stops the body.
#[test]
fn a_death_stops_the_body() {
    fn scope_error(ended: anyhow::Result<()>) -> ScopeError {
        ended.unwrap_err().downcast().unwrap()
    }
    let dying = || {
        background(async |startup| {
            let _stop = startup.ready(());
            yields().await;
            Err("it died".into())
        })
    };
    EVENTS.take();
    let body = async |_: &mut _| pending::<anyhow::Result<()>>().await;
    let error = scope_error(block_on((Member(0), dying().named("worker")).scope(body)));
    assert_eq!((error.kind(), &*error.to_string()), (ScopeErrorKind::MemberFailed, "[1] worker failed: it died"));
    assert_eq!(EVENTS.take(), [("enter", 0), ("exit", 0)]);

    let watched = Member(1).watch(|_| async {
        yields().await;
        "it hung up"
    });
    let error = scope_error(block_on((Member(0), watched).scope(async |_| pending::<anyhow::Result<()>>().await)));
    assert_eq!((error.kind(), &*error.to_string()), (ScopeErrorKind::MemberFailed, "[1] Member failed: it hung up"));
    assert_eq!(EVENTS.take(), [("enter", 0), ("enter", 1), ("exit", 1), ("exit", 0)]);
}

/// A panic of the work passes through, to who polls the scope.
#[test]
fn a_panic_of_the_work_passes_through_and_all_are_abandoned() {
    let dying = background(async |startup| {
        let _stop = startup.ready(());
        yields().await;
        panic!("the work panics")
    });
    let scope = (Member(0), dying).scope(async |_| pending::<anyhow::Result<()>>().await);
    assert_eq!(events_of(scope), [("enter", 0), ("abandon", 0)]);
}

/// Law `owned`: closed, or dropped.
#[test]
fn a_scope_that_is_owned() {
    EVENTS.take();
    let opened = block_on(Scope::new((Member(0), Member(1))).open()).unwrap();
    block_on(opened.close()).unwrap();
    assert_eq!(EVENTS.take(), [("enter", 0), ("enter", 1), ("exit", 1), ("exit", 0)]);
    drop(block_on(Scope::new((Member(0), Member(1))).until(pending::<()>()).open()).unwrap());
    assert_eq!(EVENTS.take(), [("enter", 0), ("enter", 1), ("abandon", 1), ("abandon", 0)]);
    let error = block_on(Scope::new(Member(0)).until(ready(())).open()).unwrap_err();
    assert_eq!((error.kind(), EVENTS.take()), (ScopeErrorKind::Cancelled, Vec::new()));
}

/// Pends a few times.
async fn yields() {
    let mut left = 3;
    std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        left -= 1;
        if left == 0 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
