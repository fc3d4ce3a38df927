//! What is printed for a person who looks at a value with `{:?}`.

use super::on_thread::OnThread;
use futures::executor::block_on;
use std::convert::Infallible;
use std::fmt::Debug;
use std::future::pending;
use std::io;
use std::rc::Rc;
use withal::testing::{Ledger, Script, Scripted};
use withal::{
    BoxError, ExitPool, ExitStack, Handle, Lend, Outcome, Reaper, Resource, ResourceExt, Scope, ScopeError, Startup,
    Taken, adopt, around, background, defer, local, resource, suppress,
};

fn check(value: impl Debug, expected: &str) {
    assert_eq!(format!("{value:?}"), expected);
}

fn member() -> Scripted {
    Ledger::new().member(0, Script::default())
}

fn on_thread() -> OnThread {
    OnThread(member(), Rc::default())
}

#[test]
fn adaptors() {
    check(member().boxed(), r#"BoxResource("Scripted")"#);
    check(().map_err(|_| "it"), "MapErr { resource: (), .. }");
    check(().then(|()| ()), "Then { first: (), second: None, .. }");
    check(().named("db"), r#"Named { resource: (), name: "db" }"#);
    check(().enter_within(pending::<()>), "Within { resource: (), phase: Enter, .. }");
    check(().exit_within(pending::<()>), "Within { resource: (), phase: Exit, .. }");
    check([()].fail_fast(), "FailFast { group: [()] }");
    check(vec![()].limit(3), "Limit { group: [()], most: 3 }");
}

/// A name that is not to be had is replaced by that of the type.
#[test]
fn a_name_that_panics() {
    struct Nameless;
    impl Resource for Nameless {
        type Guard = ();
        type Error = Infallible;
        async fn enter(&mut self) -> Result<(), Infallible> {
            Ok(())
        }
        async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Infallible> {
            Ok(())
        }
        fn name(&self) -> &str {
            panic!("no name")
        }
    }
    check(Nameless.boxed(), r#"BoxResource("Nameless")"#);
    check(Some(Box::new(Nameless)).boxed(), r#"BoxResource("Nameless")"#);
    check(Scope::new((Nameless.boxed(),)), r#"Scope { resource: (BoxResource("Nameless"),), .. }"#);
    let here = local(on_thread()).boxed();
    check(&here, r#"BoxResource("OnThread")"#);
    std::thread::scope(|threads| {
        let elsewhere = threads.spawn(|| check(local(on_thread()).boxed(), r#"BoxResource("OnThread")"#));
        elsewhere.join().unwrap();
    });
    let elsewhere = std::thread::spawn(move || {
        check(&here, r#"BoxResource("OnThread")"#);
        std::mem::forget(here);
    });
    elsewhere.join().unwrap();
}

#[test]
fn resources_from_closures() {
    check(resource(async || Ok(1), async |_: i32, _| Ok(())), "ResourceFn { is_used_up: false, .. }");
    check(adopt(1, async |_: i32, _| Ok(())), "Adopt { is_used_up: false, .. }");
    check(suppress::<io::Error>(), r#"Suppress("std::io::error::Error")"#);
    let mut flush = defer(async |_| Ok(()));
    check(&flush, "Defer { is_used_up: false, .. }");
    block_on(async { flush.enter().await.unwrap() });
    check(&flush, "Defer { is_used_up: true, .. }");
    let asks = around(async |lend: Lend<()>| {
        check(&lend, "Lend { .. }");
        lend.lend(()).await;
        Ok(())
    });
    check(&asks, "Around { is_used_up: false, .. }");
    block_on(asks.scope(async |()| anyhow::Ok(()))).unwrap();
}

#[test]
fn members_that_work() {
    let mut api = background(async |startup: Startup<u8>| {
        check(&startup, "Startup { .. }");
        let stop = startup.ready(7);
        check(&stop, "Stop { kind: None, .. }");
        let mut told = stop.clone();
        (&mut told).await;
        check([&stop, &told], "[Stop { kind: Some(Completed), .. }, Stop { kind: Some(Completed), .. }]");
        Ok(())
    });
    check(&api, "Background { is_used_up: false, .. }");
    block_on((&mut api).scope(async |_| anyhow::Ok(()))).unwrap();
    check(&api, "Background { is_used_up: true, .. }");
    check(().watch(|()| pending::<BoxError>()), "Watch { resource: (), .. }");
}

#[test]
fn what_stays_on_its_thread() {
    let mut local = local(on_thread());
    check(&local, "Local { is_here: true, .. }");
    let guard = block_on(local.enter()).unwrap();
    check(&guard, "LocalGuard(Token(0))");
    std::thread::scope(|threads| {
        let elsewhere = threads.spawn(|| {
            check(&local, "Local { is_here: false, .. }");
        });
        elsewhere.join().unwrap();
    });
}

#[test]
fn scopes_and_what_they_return() {
    check(Scope::new(()), "Scope { resource: (), .. }");
    check(Reaper::new(drop), "Reaper { pending: 0, .. }");
    let report = block_on(Scope::new(()).report(async |()| Ok::<_, Infallible>(1)));
    check(report, "Report { body: Some(Ok(1)), panic: None, failures: [], cancelled: false, suppressed: false }");
    let fails = resource(async || Ok(()), async |(), _| Err("stuck".into()));
    let error = block_on(fails.named("db").scope(async |()| Ok::<_, ScopeError>(()))).unwrap_err();
    check(
        error,
        r#"ScopeError { kind: Exit, failures: [Failure { path: [], name: "db", phase: Exit, error: "stuck" }] }"#,
    );
    let report = block_on(Scope::new(()).report(async |()| -> Result<(), Infallible> { panic!("the body panics") }));
    check(
        report,
        r#"Report { body: None, panic: Some("the body panics"), failures: [], cancelled: false, suppressed: false }"#,
    );
}

#[test]
fn outcomes() {
    let exit = async |(), outcome: Outcome<'_>| {
        check(outcome, r#"Failed("why")"#);
        Ok(())
    };
    let body = async |(): &mut _| Err::<(), _>("why");
    assert!(block_on(Scope::new(resource(async || Ok(()), exit)).report(body)).failures.is_empty());
    let exit = async |(), outcome: Outcome<'_>| {
        check(outcome, "Failed(alloc::string::String)");
        Ok(())
    };
    let body = async |(): &mut _| Err::<(), _>("why".to_owned());
    assert!(block_on(Scope::new(resource(async || Ok(()), exit)).report_local(body)).failures.is_empty());
    let exit = async |(), outcome: Outcome<'_>| {
        check(outcome, r#"EnterFailed("refused")"#);
        Ok(())
    };
    let refuses = resource(async || Err::<(), _>("refused".into()), async |(), _| Ok(()));
    let scope = Scope::new((resource(async || Ok(()), exit), refuses));
    assert_eq!(block_on(scope.report(async |_| Ok::<_, Infallible>(()))).failures.len(), 1);
}

#[test]
fn sets() {
    check(ExitStack::new(), "ExitStack { len: 0 }");
    check(ExitPool::new(), "ExitPool { len: 0 }");
    let body = block_on(ExitStack::new().scope(async |stack| {
        let handle = stack.enter(member()).await?;
        check(&handle, "Handle(Token(0))");
        check(&stack, "OpenStack { len: 1 }");
        anyhow::Ok(Handle::take(handle))
    }));
    let taken = body.unwrap();
    check(&taken, "Taken(Token(0))");
    check(&*taken, "Token(0)");
    check(block_on(Scope::new([member()]).open()).unwrap(), "Opened([Token(0)])");
    block_on(Taken::exit(taken, Outcome::Released)).unwrap();
}
