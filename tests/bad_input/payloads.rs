//! Panics whose payloads panic again when they are dropped: law `panic-anywhere`. The first one resumes, and the
//! process goes on.

use super::run;
use std::any::Any;
use std::convert::Infallible;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::task::{Context, Waker};
use withal::{Outcome, Resource, ResourceExt, ScopeError};

/// A payload that nobody may drop.
#[derive(Debug)]
struct Payload(char);

impl Drop for Payload {
    fn drop(&mut self) {
        panic!("the payload {} panics when it is dropped", self.0);
    }
}

/// Panics with it in its exit, and when it is abandoned.
struct Member(char);

impl Resource for Member {
    type Guard = ();
    type Error = Infallible;

    async fn enter(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Infallible> {
        panic_any(Payload(self.0))
    }

    fn abandon(&mut self, (): ()) {
        panic_any(Payload(self.0))
    }
}

/// Which payload came out. It is forgotten.
fn which(panic: Box<dyn Any + Send>) -> char {
    let payload = panic.downcast::<Payload>().expect("no other panic takes its place");
    let id = payload.0;
    std::mem::forget(payload);
    id
}

#[test]
fn the_first_resumes_after_the_exits() {
    let members = (Member('a'), Member('b'), Member('c'));
    let scope = members.scope(async |_| Ok::<_, ScopeError>(()));
    assert_eq!(which(catch_unwind(AssertUnwindSafe(|| run(scope))).unwrap_err()), 'c');
}

#[test]
fn the_first_resumes_when_the_scope_is_dropped() {
    let mut scope = Box::pin((Member('a'), Member('b')).scope(async |_| pending::<Result<(), ScopeError>>().await));
    assert!(scope.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(which(catch_unwind(AssertUnwindSafe(|| drop(scope))).unwrap_err()), 'b');
}

#[test]
fn none_resumes_while_the_thread_panics() {
    let panic = catch_unwind(|| {
        let mut scope = pin!(Member('a').scope(async |()| pending::<Result<(), ScopeError>>().await));
        assert!(scope.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        panic_any("outside")
    });
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"outside"));
}
