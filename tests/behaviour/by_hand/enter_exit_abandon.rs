use super::on_thread::OnThread;
use futures::executor::block_on;
use std::future::pending;
use std::rc::Rc;
use withal::testing::Event::{Abandoned, EnterStarted, Entered, ExitFailed, ExitStarted, Exited};
use withal::testing::{Ledger, READY, Script, Scripted, Step};
use withal::{
    BoxError, Failures, LocalResource, Outcome, OutcomeKind, Resource, ResourceExt, ScopeError, local, resource,
};

/// Checks a resource with one member, and that it is called so.
fn check<R: Resource>(name: &str, make: impl Fn(Scripted) -> R) {
    check_made(name, |ledger, script| make(ledger.member(0, script)));
}

fn check_made<R: Resource>(name: &str, make: impl Fn(&Ledger, Script) -> R) {
    let ledger = Ledger::new();
    let events = || {
        let events = ledger.events();
        ledger.clear();
        events
    };
    let abandoned = |mut resource: R| {
        let guard = block_on(enter(&mut resource));
        resource.abandon(guard);
        assert_eq!(events(), [EnterStarted(0), Entered(0), Abandoned(0)], "{name}");
    };

    let mut sound = make(&ledger, Script::default());
    assert_eq!(sound.name(), name);
    let guard = block_on(enter(&mut sound));
    assert_eq!(events(), [EnterStarted(0), Entered(0)], "{name}");
    assert!(block_on(sound.exit(guard, Outcome::Completed)).is_ok(), "{name}");
    assert_eq!(events(), [ExitStarted(0, OutcomeKind::Completed), Exited(0)], "{name}");
    abandoned(sound);

    let mut stuck = make(&ledger, Script { enter: READY, exit: Step::error() });
    let guard = block_on(enter(&mut stuck));
    let exited = block_on(stuck.exit(guard, Outcome::Panicked)).map_err(Into::<BoxError>::into);
    let told = exited.expect_err("the member's exit fails").to_string();
    assert!(told.contains("member 0 fails, as scripted"), "{name}: {told}");
    assert_eq!(events()[2..], [ExitStarted(0, OutcomeKind::Panicked), ExitFailed(0)], "{name}");
    abandoned(stuck);
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
    check("Scripted", |member| member);
    check("Scripted", Box::new);
    check("Scripted", Some);
    check_made("Scripted", |ledger, script| Box::leak(Box::new(ledger.member(0, script))));
}

#[test]
fn adaptors() {
    check("Scripted", Scripted::boxed);
    check("db", |member| member.named("db"));
    check("Scripted", |member| member.map_err(|failure| format!("{failure}!")));
    check("Scripted", |member| member.enter_within(pending::<()>));
    check("Scripted", |member| member.exit_within(pending::<()>));
    check("array", |member| [member].fail_fast());
    check("Vec", |member| vec![member].limit(1));
    check("tuple", |member| (member, ()).in_order());
    check("then", |member| member.then(|_| ()));
    check_made("then", |ledger, script| {
        let ledger = ledger.clone();
        ().then(move |()| ledger.member(0, script))
    });
    check("OnThread", |member| local(OnThread(member, Rc::default())));
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
        let mut none = None::<Scripted>;
        assert_eq!(none.name(), "Scripted");
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
