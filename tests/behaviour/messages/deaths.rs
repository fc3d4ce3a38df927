//! Members that die while they are up: which one, and why, before all that went wrong later.

use super::{Server, Trouble, lines};
use std::error::Error;
use withal::{BoxError, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, background};
use withal_common::{pend, run};

/// A worker that dies after so many polls.
fn lease(polls: usize) -> impl Resource<Guard = (), Error = BoxError> {
    background(async move |startup| {
        let _stop = startup.ready(());
        pend(polls).await;
        Err(Trouble("the lease was lost").into())
    })
}

/// What a scope tells whose body waits for ever.
fn error_of(resource: impl Resource) -> ScopeError {
    run(resource.scope(async |_| std::future::pending::<Result<(), ScopeError>>().await)).unwrap_err()
}

#[test]
fn of_a_lone_member() {
    let error = error_of(lease(3));
    assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
    assert_eq!(error.to_string(), "Background failed: the lease was lost");
    assert_eq!(
        format!("{error:?}"),
        "ScopeError { kind: MemberFailed, failures: \
         [Failure { path: [], name: \"Background\", phase: Up, error: Trouble(\"the lease was lost\") }] }"
    );
    assert_eq!(error_of(lease(3).named("lease")).to_string(), "lease failed: the lease was lost");
    let first = error.failures().first().unwrap();
    assert_eq!(first.error().downcast_ref(), Some(&Trouble("the lease was lost")));
    assert!(error.source().is_none(), "the error itself is in the text");
}

#[test]
fn of_one_of_two() {
    assert_eq!(error_of((Server::sound(), lease(3))).to_string(), "[1] Background failed: the lease was lost");
    let group = (Server::sound(), lease(3).named("lease"));
    assert_eq!(error_of(group).to_string(), "[1] lease failed: the lease was lost");
    let named = ((Server::sound(), lease(3).named("lease")).named("cluster"), Server::sound());
    assert_eq!(error_of(named).to_string(), "[0, 1] cluster/lease failed: the lease was lost");
    let mapped = (Server::sound(), lease(3).map_err(|error| format!("sadly, {error}")));
    assert_eq!(error_of(mapped).to_string(), "[1] Background failed: sadly, the lease was lost");
}

/// Law `death-is-first`, with exits that fail beside it, also of the member that died.
#[test]
fn of_exits_that_fail_too() {
    let error = error_of((Server::sticks(Trouble("the lock is stuck")), lease(3).named("lease")));
    assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
    assert_eq!(error.to_string(), "[1] lease failed: the lease was lost; could not exit [0] Server: the lock is stuck");
    assert_eq!(error.failures().first().unwrap().path(), [1]);
    assert_eq!(
        lines(error.failures()),
        ["could not exit [0] Server: the lock is stuck", "[1] lease failed: the lease was lost"]
    );
    let line = Server::sticks(Trouble("the lock is stuck")).watch(|_| async {
        pend(3).await;
        "hung up"
    });
    let error = error_of((line.named("line"), Server::sound()));
    assert_eq!(error.to_string(), "[0] line failed: hung up; could not exit [0] line: the lock is stuck");
}

/// Before all are in it is a failed enter; and in the poll in which the body ends it is a failed exit.
#[test]
fn of_other_phases() {
    let error = error_of((Server::sound().after(9), lease(3)));
    assert_eq!(
        (error.kind(), &*error.to_string()),
        (ScopeErrorKind::Enter, "could not enter [1] Background: the lease was lost")
    );
    let fails_to_stop = background(async |startup| {
        startup.ready(()).await;
        Err(Trouble("the lease was lost").into())
    });
    let report = run(Scope::new(((), fails_to_stop)).report(async |_| Ok::<_, Trouble>(5)));
    assert_eq!(report.failures.to_string(), "could not exit [1] Background: the lease was lost");
    assert_eq!(report.body, Some(Ok(5)));
}

/// As a body's error it keeps its words, and is printed once.
#[test]
fn in_an_error_of_ones_own() {
    let body = async |_: &mut _| std::future::pending::<anyhow::Result<()>>().await;
    let error = run((Server::sound(), lease(3).named("lease")).scope(body)).unwrap_err();
    assert_eq!(format!("{error:#}"), "[1] lease failed: the lease was lost");
    assert_eq!(error.downcast_ref::<ScopeError>().unwrap().kind(), ScopeErrorKind::MemberFailed);
}
