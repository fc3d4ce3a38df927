use crate::member::{Events, Member, OnThread};
use futures::executor::block_on;
use std::future::pending;
use withal::{
    BoxError, Failures, LocalResource, Outcome, Resource, ResourceExt, ScopeError, in_order, local, resource,
};

/// Checks a resource with one member, and that it is called so.
fn check<R: Resource>(name: &str, make: impl Fn(Member) -> R) {
    check_made(name, |events| make(Member(events)));
}

fn check_made<R: Resource>(name: &str, make: impl Fn(Events) -> R) {
    let events = Events::default();
    let mut resource = make(events.clone());
    assert_eq!(resource.name(), name);
    block_on(async {
        let guard = enter(&mut resource).await;
        assert_eq!(events.take(), ["enter"], "{name}");
        let exited = resource.exit(guard, Outcome::Completed).await.map_err(Into::<BoxError>::into);
        assert!(exited.is_ok(), "{name}");
        assert_eq!(events.take(), ["exit Completed"], "{name}");
        let guard = enter(&mut resource).await;
        let exited = resource.exit(guard, Outcome::Panicked).await.map_err(Into::<BoxError>::into);
        let told = exited.expect_err("the member's exit fails").to_string();
        assert!(told.contains("stuck"), "{name}: {told}");
        assert_eq!(events.take(), ["enter", "exit Panicked"], "{name}");
        let guard = enter(&mut resource).await;
        resource.abandon(guard);
        assert_eq!(events.take(), ["enter", "abandon"], "{name}");
    });
}

async fn enter<R: Resource>(resource: &mut R) -> R::Guard {
    resource.enter().await.map_err(Into::<BoxError>::into).expect("the member enters")
}

#[test]
fn groups() {
    check("tuple", |member| (member,));
    check("tuple", |member| (member, ()));
    check("array", |member| [member]);
    check("Vec", |member| vec![member]);
    check("tuple", |member| ((), [member]));
}

#[test]
fn pointers() {
    check("Member", |member| member);
    check("Member", Box::new);
    check("Member", Some);
    check_made("Member", |events| Box::leak(Box::new(Member(events))));
}

#[test]
fn adaptors() {
    check("Member", Member::boxed);
    check("db", |member| member.named("db"));
    check("Member", |member| member.map_err(|failure| failure + "!"));
    check("Member", |member| member.enter_within(pending::<()>));
    check("Member", |member| member.exit_within(pending::<()>));
    check("array", |member| [member].fail_fast());
    check("Vec", |member| vec![member].limit(1));
    check("tuple", |member| in_order((member, ())));
    check("then", |member| member.then(|_| ()));
    check_made("then", |events| ().then(move |()| Member(events.clone())));
    check_made("OnThread", |events| local(OnThread(Member(events))));
}

#[test]
fn adaptors_of_adaptors() {
    check("db", |member| Some(Box::new(member.boxed().named("db"))));
    check("db", |member| {
        vec![member.named("in it")].fail_fast().limit(2).named("db").map_err(|failure| failure.to_string())
    });
}

#[test]
fn nothing() {
    block_on(async {
        let mut none = None::<Member>;
        assert_eq!(none.name(), "Member");
        let guard = none.enter().await.unwrap();
        assert!(guard.is_none());
        none.exit(guard, Outcome::Completed).await.unwrap();
        none.abandon(None);
        let mut unit = ();
        unit.enter().await.unwrap();
        unit.exit((), Outcome::Completed).await.unwrap();
    });
}

/// What stays on its thread goes by the name of its type, and that stands before no others: nobody wrote it.
#[test]
fn a_name_that_nobody_wrote() {
    struct Cluster;
    impl LocalResource for Cluster {
        type Guard = ();
        type Error = Failures;
        async fn enter(&mut self) -> Result<(), Failures> {
            let refuses = resource(async || Err::<(), _>("refused".into()), async |(), _| Ok(()));
            ((), refuses.named("db")).enter().await.map(|_| ())
        }
        async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Failures> {
            Ok(())
        }
    }
    let error = block_on(local(Cluster).scope_local(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1] db: refused");
}
