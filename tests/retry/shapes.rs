//! Attempts of every shape, and under every adaptor.

use super::{Flaky, flaky, times};
use futures::executor::block_on;
use std::future::{pending, ready};
use withal::{
    BoxError, ExitPool, ExitStack, Failures, Outcome, OutcomeKind, Resource, ResourceExt, Scope, adopt, background,
    retry_with,
};
use withal_common::Log;

/// Enters a member that fails twice, in a scope: it is in at its third attempt, and what entered before is rolled back.
fn is_in_at_the_third<R: Resource>(log: &Log, shape: &str, resource: R) {
    let report = block_on(Scope::new(resource).report(async |_| Ok::<_, BoxError>(log.add("body"))));
    assert!(report.is_clean(), "{shape}: {report:?}");
    let story = log.take();
    let count = |event: &str| story.iter().filter(|told| told.as_str() == event).count();
    assert_eq!(
        (count("b fails"), count("b enters"), count("body"), count("b exits")),
        (2, 1, 1, 1),
        "{shape}: {story:?}"
    );
    assert_eq!(count("a enters"), count("a exits"), "{shape}: {story:?}");
    assert_eq!(count("a abandoned") + count("b abandoned"), 0, "{shape}: {story:?}");
}

macro_rules! in_at_the_third {
    ($log:ident: $($shape:expr;)+) => {$( is_in_at_the_third(&$log, stringify!($shape), $shape); )+};
}

#[test]
fn every_shape_and_every_adaptor_around_and_within() {
    let log = Log::default();
    let a = || flaky(&log, "a", 0);
    let b = || flaky(&log, "b", 2);
    let slow = || Flaky { pending: (2, 1), ..flaky(&log, "a", 0) };
    in_at_the_third! { log:
        b().retry(times(3));
        (a(), b()).retry(times(3));
        (slow(), b()).retry(times(3));
        (slow(), b()).fail_fast().retry(times(3));
        (slow(), b()).retry(times(3)).fail_fast();
        [a(), b()].retry(times(3));
        vec![b(), a(), slow()].retry(times(3));
        vec![slow(), b()].limit(1).retry(times(3));
        vec![slow(), b()].retry(times(3)).limit(1);
        (slow(), b()).in_order().retry(times(3));
        (slow(), b()).retry(times(3)).in_order();
        ((slow(), a()), [b()]).retry(times(3));
        (slow(), (a(), b()).retry(times(3)));
        Some(b()).retry(times(3));
        Some(b().retry(times(3)));
        Box::new((a(), b())).retry(times(3));
        (a(), b()).boxed().retry(times(3));
        (a(), b()).retry(times(3)).boxed();
        (a(), b()).named("pair").retry(times(3));
        (a(), b()).retry(times(3)).named("pair");
        b().map_err(|error: BoxError| error.to_string()).retry(times(3));
        b().retry(times(3)).map_err(|failures: Failures| failures);
        b().enter_within(pending::<()>).retry(times(3));
        b().retry(times(3)).enter_within(pending::<()>).exit_within(pending::<()>);
        (a().then(|_| a()), b()).retry(times(3));
        a().then(|_| b().retry(times(3)));
        b().then(|_| a()).retry(times(3));
        b().retry(times(3)).then(|_| a());
        (a(), b()).retry(times(3)).watch(|_| pending::<BoxError>());
        (a(), b()).watch(|_| pending::<BoxError>()).retry(times(3));
        (a(), b().watch(|_| pending::<BoxError>())).retry(times(3));
        (a(), b()).ready_when(async |_| Ok(())).retry(times(3));
        b().retry(times(2)).retry(times(2));
        (ExitStack::new(), b()).retry(times(3));
    }
}

#[test]
fn retry_with_of_every_shape() {
    let log = Log::default();
    let mut fails = 2;
    let mut next = || {
        let is_bad = fails > 0;
        fails -= usize::from(is_bad);
        flaky(&log, "b", usize::from(is_bad))
    };
    is_in_at_the_third(&log, "lone", retry_with(&mut next, times(3)));
    let mut fails = 2;
    let mut next = || {
        let is_bad = fails > 0;
        fails -= usize::from(is_bad);
        (
            adopt((), async |(), _| Ok(())),
            flaky(&log, "a", 0).then({
                let log = &log;
                move |_| flaky(log, "b", usize::from(is_bad))
            }),
        )
    };
    is_in_at_the_third(&log, "group", retry_with(&mut next, times(3)).boxed());
}

/// By hand, and in an owned scope, the resources stay, and other holds exit them.
#[test]
fn by_hand_and_owned() {
    let log = Log::default();
    block_on(async {
        let mut resource = (flaky(&log, "a", 0).then(|_| flaky(&log, "b", 0)), flaky(&log, "c", 2)).retry(times(9));
        let guard = resource.enter().await.unwrap();
        assert_eq!(guard, (("a", "b"), "c"));
        resource.exit(guard, Outcome::Completed).await.unwrap();
        let attempt =
            "a enters, b enters, c fails, b begins to exit EnterFailed, b exits, a begins to exit EnterFailed, a exits";
        let last = "a enters, b enters, c enters, c begins to exit Completed, c exits, b begins to exit Completed, b exits, \
                    a begins to exit Completed, a exits";
        assert_eq!(log.line(), format!("{attempt}, {attempt}, {last}"));

        let mut made = retry_with(|| flaky(&log, "d", 0), times(9));
        let guard = made.enter().await.unwrap();
        made.abandon(guard);
        assert_eq!(log.line(), "d enters, d abandoned");

        let resource = (flaky(&log, "a", 0).then(|_| flaky(&log, "b", 0)), flaky(&log, "c", 2)).retry(times(9));
        let opened = Scope::new(resource).open().await.unwrap();
        assert_eq!(*opened, (("a", "b"), "c"));
        opened.close().await.unwrap();
        assert_eq!(log.line(), format!("{attempt}, {attempt}, {last}"));

        let mut bad = (flaky(&log, "a", 0), flaky(&log, "b", 9)).retry(times(2));
        let error = bad.enter().await.unwrap_err();
        assert_eq!(error.to_string(), "could not enter [1] b: it is not up (after 2 attempts)");
    });
}

/// In stacks and pools; what waits between two attempts there stays with the set if its enter is dropped.
#[test]
fn in_sets() {
    let log = Log::default();
    block_on(ExitStack::new().scope(async |set| {
        let member = set.enter((flaky(&log, "a", 0), flaky(&log, "b", 1)).retry(times(3))).await?;
        assert_eq!(*member, ("a", "b"));
        anyhow::Ok(())
    }))
    .unwrap();
    assert_eq!(
        log.line(),
        "a enters, b fails, a begins to exit EnterFailed, a exits, a enters, b enters, b begins to exit Completed, \
         b exits, a begins to exit Completed, a exits"
    );
    block_on(ExitPool::new().scope(async |set| {
        use futures::FutureExt;
        let slow = Flaky { pending: (0, 3), ..flaky(&log, "a", 0) };
        let entering = set.enter((slow, flaky(&log, "b", 9)).retry(super::never));
        assert!(entering.now_or_never().is_none()); // dropped in the roll-back
        anyhow::Ok(())
    }))
    .unwrap();
    assert_eq!(log.line(), "a enters, b fails, a begins to exit EnterFailed, a exits");
}

/// The retried member can have been in from the start. An attempt that fails rolls it back, and it cannot come back.
#[test]
fn members_that_were_in_from_the_start() {
    let log = Log::default();
    let full = block_on(ExitStack::new().scope(async |set| {
        set.enter(flaky(&log, "a", 0)).await?;
        anyhow::Ok(set.take_all())
    }))
    .unwrap();
    let group = (full, flaky(&log, "b", 1)).retry(times(3));
    block_on(group.scope(async |(set, _)| anyhow::Ok(assert!(set.is_empty())))).unwrap();
    assert_eq!(
        log.line(),
        "a enters, b fails, a begins to exit EnterFailed, a exits, b enters, b begins to exit Completed, b exits"
    );
}

/// What can be entered once says so at the second attempt.
#[test]
fn what_can_be_entered_once() {
    let worker = background(async |_: withal::Startup<()>| Err("no luck".into()));
    let again = |error: &BoxError, attempt| {
        assert_eq!(error.to_string() == "no luck", attempt == 1);
        (attempt < 2).then(|| ready(()))
    };
    let error = block_on(worker.retry(again).scope(async |()| anyhow::Ok(()))).unwrap_err();
    assert!(error.to_string().starts_with("could not enter Background: it can be entered only once"), "{error}");
}

/// Exits are told how the scope ended, whatever the attempts before.
#[test]
fn the_outcome_is_that_of_the_scope() {
    let log = Log::default();
    let group = (flaky(&log, "a", 0), flaky(&log, "b", 1)).retry(times(3));
    block_on(group.scope(async |_| Err::<(), _>(anyhow::anyhow!("no")))).unwrap_err();
    let story = log.line();
    assert!(story.ends_with("b begins to exit Failed, b exits, a begins to exit Failed, a exits"), "{story}");
    assert_eq!(Outcome::Released.kind(), OutcomeKind::Released);
}
