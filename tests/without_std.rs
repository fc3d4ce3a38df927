//! What a panic does without the feature `std`, where it can unwind: run by
//! `cargo test --no-default-features --test without_std`.

#![cfg(not(feature = "std"))]

use futures::executor::block_on;
use std::cell::RefCell;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use withal::{Outcome, Resource, ResourceExt};

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
