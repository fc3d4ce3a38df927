//! Resources from closures with one more closure, `or_abandon`, that receives the guard if the exit cannot be awaited
//! (law `exactly-once`).

use futures::channel::oneshot;
use std::future::{pending, ready};
use std::pin::pin;
use withal::{
    BoxResource, ExitPool, Outcome, Resource, ResourceExt, Scope, ScopeErrorKind, adopt, around, defer, resource,
};
use withal_common::{Log, caught, panic_of, pend, poll, poll_and_drop, quiet_panic, reaper, run};

/// Logs that it is dropped.
#[derive(Debug)]
struct Noisy(Log, &'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.0.add(format!("drop {}", self.1));
    }
}

/// One of each kind. The guard of each is `()`.
fn each(log: &Log) -> Vec<(&'static str, BoxResource<'_, ()>)> {
    let abandon = |()| log.add("abandon");
    let exit = async |(), _: Outcome<'_>| {
        log.add("exit begins");
        pend(1).await;
        Ok(log.add("exit"))
    };
    let of_two = resource(async || Ok(log.add("enter")), exit);
    let adopted = adopt((), exit);
    let of_one = around(async |lend| {
        log.add("enter");
        lend.lend(()).await;
        log.add("exit begins");
        pend(1).await;
        Ok(log.add("exit"))
    });
    let deferred = defer(async |_| {
        log.add("exit begins");
        pend(1).await;
        Ok(log.add("exit"))
    });
    vec![
        ("ResourceFn", of_two.or_abandon(abandon).boxed()),
        ("Adopt", adopted.or_abandon(abandon).boxed()),
        ("Around", of_one.or_abandon(abandon).boxed()),
        ("Defer", deferred.or_abandon(abandon).boxed()),
    ]
}

/// What happened, without the enter, which two of the four do not log.
fn told(log: &Log) -> Vec<String> {
    log.take().into_iter().filter(|event| event != "enter").collect()
}

#[test]
fn it_is_called_if_the_scope_is_dropped() {
    let log = Log::default();
    for (kind, member) in each(&log) {
        poll_and_drop(member.scope(async |()| anyhow::Ok(pending::<()>().await)));
        assert_eq!(told(&log), ["abandon"], "{kind}");
    }
}

#[test]
fn it_is_not_called_if_the_exit_is_awaited() {
    let log = Log::default();
    for (kind, member) in each(&log) {
        run(member.scope(async |()| anyhow::Ok(()))).unwrap();
        assert_eq!(told(&log), ["exit begins", "exit"], "{kind}");
    }
    for (kind, member) in each(&log) {
        let body = async |(): &mut ()| -> anyhow::Result<()> { quiet_panic("the body panics") };
        assert!(caught(|| run(member.scope(body))).is_some());
        assert_eq!(told(&log), ["exit begins", "exit"], "{kind}");
    }
}

/// The guard is with the exit.
#[test]
fn it_is_not_called_if_the_exit_has_begun() {
    let log = Log::default();
    for (kind, member) in each(&log) {
        {
            let mut scope = pin!(member.scope(async |()| anyhow::Ok(())));
            assert!(poll(scope.as_mut()).is_pending());
        }
        assert_eq!(told(&log), ["exit begins"], "{kind}");
    }
}

/// `never-entered`
#[test]
fn it_is_not_called_if_nothing_was_entered() {
    let log = Log::default();
    for (kind, member) in each(&log) {
        drop(member);
        assert_eq!(told(&log), [""; 0], "{kind}");
    }
    for (kind, member) in each(&log) {
        let fails = resource(async || Err::<(), _>("no".into()), async |(), _| Ok(()));
        run((fails, member).in_order().scope(async |_| anyhow::Ok(()))).unwrap_err();
        assert_eq!(told(&log), [""; 0], "{kind}");
    }
    let fails = resource(async || Err::<(), _>("no".into()), async |(), _| Ok(())).or_abandon(|()| log.add("abandon"));
    run(fails.scope(async |()| anyhow::Ok(()))).unwrap_err();
    let fails = around(async |_: withal::Lend<()>| Err("no".into())).or_abandon(|()| log.add("abandon"));
    run(fails.scope(async |()| anyhow::Ok(()))).unwrap_err();
    assert_eq!(told(&log), [""; 0]);
}

/// `reaped`: on a reaper the exit is awaited.
#[test]
fn it_is_not_called_on_a_reaper() {
    let (log, (reaper, tasks)) = (Log::default(), reaper());
    let (of_exit, of_abandon) = (log.clone(), log.clone());
    let member = adopt((), async move |(), _| Ok(of_exit.add("exit"))).or_abandon(move |()| of_abandon.add("abandon"));
    poll_and_drop(Scope::new(member).on(&reaper).run(async |()| anyhow::Ok(pending::<()>().await)));
    tasks.run();
    assert_eq!(told(&log), ["exit"]);
}

/// The closure has the guard, as the body left it, and then the function goes, with its locals.
#[test]
fn around_drops_its_function_after_the_call() {
    let log = Log::default();
    let member = around(async |lend| {
        let _local = Noisy(log.clone(), "local");
        lend.lend(Noisy(log.clone(), "first guard")).await;
        Ok(log.add("exit"))
    })
    .or_abandon(|guard| {
        log.add(format!("abandon {}", guard.1));
        drop(guard);
        log.add("abandoned");
    });
    poll_and_drop(member.scope(async |guard| {
        *guard = Noisy(log.clone(), "second guard");
        anyhow::Ok(pending::<()>().await)
    }));
    let story = "drop first guard, abandon second guard, drop second guard, abandoned, drop local";
    assert_eq!(log.line(), story);
}

/// The guard of an inner resource goes to the closure: the inner one is neither exited nor abandoned.
#[test]
fn around_that_lends_through() {
    let log = Log::default();
    let member = around(async |lend| {
        lend.through(log.slow(7)).await?;
        Ok(log.add("exit"))
    })
    .or_abandon(|guard| log.add(format!("abandon guard {guard}")));
    poll_and_drop(member.scope(async |_| anyhow::Ok(pending::<()>().await)));
    assert_eq!(log.line(), "enter 7, abandon guard 7");
    let member = around(async |lend| {
        lend.through(log.slow(7)).await?;
        Ok(())
    })
    .or_abandon(|_| log.add("abandon"));
    run(member.scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(log.line(), "enter 7, exit 7, Completed");
}

/// `panic-anywhere`: the others are still abandoned, the function is still dropped, and then the panic resumes.
#[test]
fn a_closure_that_panics() {
    let log = Log::default();
    let member = around(async |lend| {
        let _local = Noisy(log.clone(), "local");
        lend.lend(()).await;
        Ok(())
    })
    .or_abandon(|()| quiet_panic("the closure panics"));
    let scope = (log.quick(0), member, log.quick(2)).scope(async |_| anyhow::Ok(pending::<()>().await));
    assert_eq!(panic_of(|| poll_and_drop(scope)).as_deref(), Some("the closure panics"));
    assert_eq!(log.line(), "enter 0, enter 2, abandon 2, drop local, abandon 0");
}

/// Panics of what is dropped with the resource are caught, too.
#[test]
fn a_function_that_panics_when_it_is_dropped() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            quiet_panic("the function panics");
        }
    }
    let log = Log::default();
    let member = around(async |lend| {
        let _local = Panics;
        lend.lend(()).await;
        Ok(())
    })
    .or_abandon(|()| log.add("abandon"));
    let scope = (log.quick(0), member).scope(async |_| anyhow::Ok(pending::<()>().await));
    assert_eq!(panic_of(|| poll_and_drop(scope)).as_deref(), Some("the function panics"));
    assert_eq!(log.line(), "enter 0, abandon, abandon 0");
}

/// `panic-anywhere`: of two panics the first resumes.
#[test]
fn a_closure_and_a_function_that_panic() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            quiet_panic("the function panics");
        }
    }
    let member = around(async |lend| {
        let _local = Panics;
        lend.lend(()).await;
        Ok(())
    })
    .or_abandon(|()| quiet_panic("the closure panics"));
    let scope = member.scope(async |()| anyhow::Ok(pending::<()>().await));
    assert_eq!(panic_of(|| poll_and_drop(scope)).as_deref(), Some("the closure panics"));
}

/// By hand, and then once more: it is used up as without the closure.
#[test]
fn by_hand() {
    let log = Log::default();
    for (kind, mut member) in each(&log) {
        run(member.enter()).unwrap();
        member.abandon(());
        assert_eq!(told(&log), ["abandon"], "{kind}");
        assert_eq!(member.name(), kind, "also without what it was made of");
        assert!(run(member.enter()).unwrap_err().to_string().contains("it can be entered only once"), "{kind}");
        assert!(run(member.exit((), Outcome::Completed)).unwrap_err().to_string().contains("only once"), "{kind}");
    }
    for (kind, mut member) in each(&log) {
        run((&mut member).scope(async |()| anyhow::Ok(()))).unwrap();
        let error = run((&mut member).scope(async |()| anyhow::Ok(()))).unwrap_err();
        assert!(error.to_string().contains(&format!("could not enter {kind}: it can be entered only once")));
    }
}

/// The name in failures is that of the resource, and a group's name stands before it.
#[test]
fn names() {
    let fails = || resource(async || Ok(()), async |(), _| Err("no".into())).or_abandon(drop);
    let report = |member: BoxResource<'_, ()>| run(member.scope(async |()| anyhow::Ok(()))).unwrap_err().to_string();
    assert_eq!(report(fails().boxed()), "could not exit ResourceFn: no");
    assert_eq!(report(fails().named("db").boxed()), "could not exit db: no");
    assert_eq!(format!("{:?}", fails()), "OrAbandon { resource: Some(ResourceFn { is_used_up: false, .. }), .. }");
    let group = adopt((), async |(), _| {
        let failed = run(fails().named("db").scope(async |()| anyhow::Ok(()))).unwrap_err();
        Err(failed.downcast::<withal::ScopeError>()?.into_failures().into())
    });
    assert_eq!(report(group.or_abandon(drop).boxed()), "could not exit db: no", "the kind is no name that was given");
    let failed = run(fails().scope(async |()| anyhow::Ok(()))).unwrap_err();
    assert_eq!(failed.downcast::<withal::ScopeError>().unwrap().kind(), ScopeErrorKind::Exit);
}

/// `abandon-on`: the second signal fires while the member is up.
#[test]
fn it_is_called_if_the_scope_is_abandoned() {
    let log = Log::default();
    for (kind, member) in each(&log) {
        let (abandon, signal) = oneshot::channel::<()>();
        let scope = Scope::new(member).abandon_on(signal).run(async |()| {
            abandon.send(()).ok();
            anyhow::Ok(pending::<()>().await)
        });
        run(scope).unwrap_err();
        assert_eq!(told(&log), ["abandon"], "{kind}");
    }
}

/// A deadline passes before the exit begins.
#[test]
fn it_is_called_if_the_exit_is_too_late_to_begin() {
    let log = Log::default();
    for (kind, member) in each(&log) {
        let hangs = defer(async |_| Ok(pending::<()>().await));
        run((member, hangs).in_order().exit_within(|| ready(())).scope(async |_| anyhow::Ok(()))).unwrap_err();
        assert_eq!(told(&log), ["abandon"], "{kind}");
    }
}

/// A member of a pool that is dropped.
#[test]
fn in_a_pool() {
    let log = Log::default();
    let pool = ExitPool::new().open();
    let member = adopt("guard", async |_, _| Ok(())).or_abandon(|guard| log.add(format!("abandon {guard}")));
    assert_eq!(*run(pool.enter(member)).unwrap(), "guard");
    drop(pool);
    assert_eq!(log.line(), "abandon guard");
}

/// The scope can be spawned, also with guards that have a lifetime, and the closures can borrow.
#[test]
fn in_a_spawned_future() {
    fn spawned<F: Future + Send>(future: F) -> F::Output {
        run(future)
    }
    let text = String::from("borrowed");
    let mut left = Vec::new();
    let scope = async {
        let first = resource(async || Ok(text.as_str()), async |_: &str, _| Ok(())).or_abandon(|text| left.push(text));
        let second = adopt(&*text, async |_: &str, _| Ok(())).or_abandon(drop);
        let third = around(async |lend| {
            lend.lend("static").await;
            Ok(())
        })
        .or_abandon(drop);
        (first, second, third).scope(async |(a, b, c)| anyhow::Ok(a.len() + b.len() + c.len())).await
    };
    assert_eq!(spawned(scope).unwrap(), 22);
    assert!(left.is_empty());
}
