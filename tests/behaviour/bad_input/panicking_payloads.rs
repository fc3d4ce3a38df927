//! Panics whose payloads panic again when they are dropped: law `panic-anywhere`. The first one resumes, and the
//! process goes on.

use std::any::Any;
use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use withal::{Outcome, Resource, ResourceExt, ScopeError};
use withal_common::{caught, poll, quiet_panic, run};

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
        quiet_panic(Payload(self.0))
    }

    fn abandon(&mut self, (): ()) {
        quiet_panic(Payload(self.0))
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
    assert_eq!(which(caught(|| run(scope)).unwrap()), 'c');
}

#[test]
fn the_first_resumes_when_the_scope_is_dropped() {
    let mut scope = Box::pin((Member('a'), Member('b')).scope(async |_| pending::<Result<(), ScopeError>>().await));
    assert!(poll(scope.as_mut()).is_pending());
    assert_eq!(which(caught(|| drop(scope)).unwrap()), 'b');
}

#[test]
fn none_resumes_while_the_thread_panics() {
    let panic = caught(|| {
        let mut scope = pin!(Member('a').scope(async |()| pending::<Result<(), ScopeError>>().await));
        assert!(poll(scope.as_mut()).is_pending());
        quiet_panic("outside")
    });
    assert_eq!(panic.unwrap().downcast_ref(), Some(&"outside"));
}
