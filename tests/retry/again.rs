//! The attempts, their errors and their number.

use super::{Flaky, flaky, never, timer, times};
use futures::executor::block_on;
use std::future::ready;
use std::io;
use std::pin::pin;
use withal::{
    BoxError, Elapsed, Failures, MemberPanic, Outcome, Phase, Resource, ResourceExt, Scope, around, background, defer,
    resource, retry_with,
};
use withal_common::{Log, caught, panic_of, pend, poll, quiet_panic, run};

#[test]
fn enters_again_until_it_is_in() {
    let log = Log::default();
    let mut asked = Vec::new();
    let member = flaky(&log, "a", 2).retry(|error, attempt| {
        asked.push((error.to_string(), attempt));
        Some(pend(1))
    });
    let up = block_on(member.scope(async |name| anyhow::Ok(*name))).unwrap();
    assert_eq!(up, "a");
    assert_eq!(asked, [("it is not up".to_owned(), 1), ("it is not up".to_owned(), 2)]);
    assert_eq!(log.line(), "a fails, a fails, a enters, a begins to exit Completed, a exits");
}

/// The failures are those of the last attempt, with the number of attempts.
#[test]
fn gives_up_with_the_last_error() {
    let log = Log::default();
    let members = (flaky(&log, "a", 0), flaky(&log, "b", 9).retry(times(3)));
    let report = block_on(Scope::new(members).report(async |_| Ok::<_, BoxError>(())));
    assert_eq!(report.failures.to_string(), "could not enter [1] b: it is not up (after 3 attempts)");
    assert_eq!(report.failures.first().unwrap().attempts(), 3);
    assert_eq!(report.failures.len(), 1);
    let once = block_on(Scope::new(flaky(&log, "c", 9).retry(times(1))).report(async |_| Ok::<_, BoxError>(())));
    assert_eq!(once.failures.to_string(), "could not enter c: it is not up");
    assert_eq!(once.failures.first().unwrap().attempts(), 1);
}

/// The error is that of the resource, which the failure has, too.
#[test]
fn errors_keep_their_type() {
    struct Refused;
    impl Resource for Refused {
        type Guard = ();
        type Error = io::Error;
        async fn enter(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::ConnectionRefused.into())
        }
        async fn exit(&mut self, (): (), _: Outcome<'_>) -> io::Result<()> {
            Ok(())
        }
    }
    let again = |error: &io::Error, attempt| {
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        (attempt < 2).then(|| ready(()))
    };
    let report = block_on(Scope::new(Refused.retry(again)).report(async |()| Ok::<_, BoxError>(())));
    let failure = report.failures.into_iter().next().unwrap();
    assert!(failure.error().is::<io::Error>());
    assert_eq!(failure.to_string(), "could not enter Refused: connection refused (after 2 attempts)");
}

/// Law `retry`: a group is rolled back before its next attempt, with the error as the cause.
#[test]
fn a_failed_attempt_is_rolled_back_first() {
    let log = Log::default();
    let a = Flaky { pending: (0, 2), ..flaky(&log, "a", 0) };
    let b = Flaky { pending: (1, 0), ..flaky(&log, "b", 1) };
    let mut asked = 0;
    let group = (a, b).retry(|failures: &Failures, _| {
        assert_eq!(failures.to_string(), "could not enter [1] b: it is not up");
        asked += 1;
        log.add("asked");
        Some(ready(()))
    });
    block_on(group.scope(async |_| anyhow::Ok(log.add("body")))).unwrap();
    assert_eq!(
        log.line(),
        "a enters, b fails, asked, a begins to exit EnterFailed, a exits, a enters, b enters, body, \
         b begins to exit Completed, b exits, a begins to exit Completed, a exits"
    );
}

/// The attempt after which the function gives up is rolled back with the scope.
#[test]
fn the_last_attempt_is_rolled_back_with_the_others() {
    let log = Log::default();
    let group = (flaky(&log, "a", 0), flaky(&log, "b", 9)).retry(times(2));
    let error = block_on((group, flaky(&log, "c", 0)).scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [0, 1] b: it is not up (after 2 attempts)");
    assert_eq!(
        log.line(),
        "a enters, b fails, a begins to exit EnterFailed, a exits, c enters, a enters, b fails, \
         c begins to exit EnterFailed, c exits, a begins to exit EnterFailed, a exits"
    );
}

/// The next attempt would begin on what the roll-back left behind.
#[test]
fn a_roll_back_that_fails_is_the_end() {
    let log = Log::default();
    let stuck = defer(async |_| Err("it is stuck".into())).named("stuck");
    let group = (stuck, flaky(&log, "b", 1)).retry(times(9));
    let error = block_on(group.scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1] b: it is not up; could not exit [0] stuck: it is stuck");
    assert_eq!(log.line(), "b fails");
}

#[test]
fn panics_are_not_tried_again() {
    let log = Log::default();
    let mut attempts = 0;
    let bad = retry_with(
        || {
            attempts += 1;
            resource(async || quiet_panic("no luck"), async |(), _| Ok(()))
        },
        times(9),
    );
    let panic = panic_of(|| block_on((bad, flaky(&log, "b", 0)).scope(async |_| anyhow::Ok(()))));
    assert_eq!(panic.as_deref(), Some("no luck"));
    assert_eq!(attempts, 1);
    assert_eq!(log.line(), "b enters, b begins to exit Panicked, b exits");
}

/// Neither if another member of the group has failed as well.
#[test]
fn a_group_in_which_one_panics_is_not_tried_again() {
    let log = Log::default();
    let bad = resource(async || quiet_panic("no luck"), async |(), _| Ok(()));
    let panic = panic_of(|| block_on((flaky(&log, "a", 9), bad).retry(times(9)).scope(async |_| anyhow::Ok(()))));
    assert_eq!(panic.as_deref(), Some("no luck"));
    assert_eq!(log.line(), "a fails");
}

/// Law `panic-anywhere`: the function, its timer and the drop of the timer. The error of the attempt is kept.
#[test]
fn panics_of_the_function_and_its_timer() {
    struct Bomb(u8);
    impl Future for Bomb {
        type Output = ();
        fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<()> {
            if self.0 == 1 { quiet_panic("poll") } else { std::task::Poll::Ready(()) }
        }
    }
    impl Drop for Bomb {
        fn drop(&mut self) {
            if self.0 == 2 && !std::thread::panicking() {
                quiet_panic("drop")
            }
        }
    }
    for (bomb, words) in [(0, "function"), (1, "poll"), (2, "drop")] {
        let log = Log::default();
        let again = move |_: &BoxError, _| if bomb == 0 { quiet_panic("function") } else { Some(Bomb(bomb)) };
        let report = block_on(
            Scope::new((flaky(&log, "a", 1).retry(again), flaky(&log, "b", 0))).report(async |_| Ok::<_, BoxError>(())),
        );
        let failures: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
        assert_eq!(
            failures,
            ["could not enter [0] a: it is not up".to_owned(), format!("could not enter [0] a: panicked: {words}")]
        );
        assert!(report.failures.iter().any(|failure| failure.error().is::<MemberPanic>()));
        assert_eq!(log.line(), "a fails, b enters, b begins to exit Panicked, b exits", "{words}");
    }
}

/// A deadline around all attempts, and one for each.
#[test]
fn deadlines_outside_and_inside() {
    let log = Log::default();
    // Outside, in the wait between two attempts: the last error tells why it was late.
    let (go, time) = timer();
    let mut time = Some(time);
    let member = flaky(&log, "a", 9).retry(never).enter_within(move || time.take().unwrap());
    let mut scope = pin!(Scope::new(member).report(async |_| Ok::<_, BoxError>(())));
    assert!(poll(scope.as_mut()).is_pending());
    go.send(()).unwrap();
    let report = run(scope);
    let failures: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    assert_eq!(failures, ["could not enter a: it is not up", "could not enter a: its deadline has elapsed"]);
    assert!(report.failures.iter().any(|failure| failure.error().is::<Elapsed>()));

    // Inside: the function is asked about each attempt that was late.
    let slow = Flaky { pending: (3, 0), ..flaky(&log, "b", 0) };
    let mut late = 0;
    let member = slow.enter_within(|| pend(1)).retry(|error: &BoxError, attempt| {
        late += usize::from(error.is::<Elapsed>());
        (attempt < 3).then(|| ready(()))
    });
    let error = block_on(member.scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter b: its deadline has elapsed (after 3 attempts)");
    assert_eq!(late, 3);
}

/// A deadline outside that passes in the roll-back does not cut that.
#[test]
fn a_deadline_does_not_cut_the_roll_back() {
    let log = Log::default();
    let slow = Flaky { pending: (0, 3), ..flaky(&log, "a", 0) };
    let group = (slow, flaky(&log, "b", 1)).retry(times(9)).enter_within(|| pend(2));
    let error = block_on(group.scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert!(error.to_string().contains("its deadline has elapsed"), "{error}");
    assert_eq!(log.line(), "a enters, b fails, a begins to exit EnterFailed, a exits");
}

/// A deadline of the exits cuts the roll-back that they complete: who was late is told, and its exit was dropped.
#[test]
fn a_deadline_of_the_exits_cuts_the_roll_back() {
    let log = Log::default();
    let stuck = Flaky { pending: (0, usize::MAX), ..flaky(&log, "a", 0) };
    let group = (stuck, flaky(&log, "b", 0), flaky(&log, "c", 1)).in_order().retry(times(9));
    let bad = resource(
        async || {
            pend(2).await;
            Err::<(), _>("no luck".into())
        },
        async |(), _| Ok(()),
    );
    let members = (group, bad.named("bad")).fail_fast().exit_within(|| pend(9));
    let report = block_on(Scope::new(members).report(async |_| Ok::<_, BoxError>(())));
    let failures: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    assert_eq!(failures, ["could not exit [0, 0] a: its deadline has elapsed", "could not enter [1] bad: no luck"]);
    assert_eq!(
        log.line(),
        "a enters, b enters, c fails, b begins to exit EnterFailed, b exits, a begins to exit EnterFailed, a exit dropped"
    );
}

/// A sibling cuts the wait in the first outer attempt. The failures of the second one are told all the same.
#[test]
fn what_was_cut_in_an_earlier_attempt_is_told_in_a_later_one() {
    let log = Log::default();
    let slow = Flaky { pending: (0, 5), ..flaky(&log, "a", 0) };
    let inner = (slow, flaky(&log, "b", 9)).retry(never).enter_within(|| pend(3));
    let sibling = Flaky { pending: (1, 0), ..flaky(&log, "c", 1) };
    let error = block_on((inner, sibling).fail_fast().retry(times(2)).scope(async |_| anyhow::Ok(()))).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("its deadline has elapsed (after 2 attempts)"), "{error}");
    assert!(error.contains("could not enter [0, 1] b: it is not up"), "{error}");
}

/// Dropped in the roll-back: the exit in flight is cut, and those that have not begun are abandoned.
#[test]
fn dropped_in_the_roll_back() {
    let log = Log::default();
    let stuck = Flaky { pending: (0, usize::MAX), ..flaky(&log, "b", 0) };
    let group = (flaky(&log, "a", 0), stuck, flaky(&log, "c", 1)).in_order().retry(times(9));
    {
        let mut scope = pin!((flaky(&log, "first", 0), group).scope(async |_| anyhow::Ok(())));
        assert!(poll(scope.as_mut()).is_pending());
    }
    assert_eq!(
        log.line(),
        "first enters, a enters, b enters, c fails, b begins to exit EnterFailed, b exit dropped, a abandoned, \
         first abandoned"
    );
}

/// A resource that can be entered once is created anew.
#[test]
fn retry_with_makes_a_new_one_for_each_attempt() {
    let log = Log::default();
    let mut attempts = 0;
    let member = retry_with(
        || {
            attempts += 1;
            let attempt = attempts;
            let log = log.clone();
            around(async move |lend| {
                log.add(format!("{attempt} begins"));
                if attempt < 3 {
                    return Err("not yet".into());
                }
                let (_, outcome) = lend.lend(attempt).await;
                log.add(format!("{attempt} ends {outcome:?}"));
                Ok(())
            })
        },
        times(9),
    );
    let up = block_on(member.named("third").scope(async |attempt| anyhow::Ok(*attempt))).unwrap();
    assert_eq!(up, 3);
    assert_eq!(log.line(), "1 begins, 2 begins, 3 begins, 3 ends Completed");
}

/// The resource of an attempt is dropped before the next one is created, and the last one before the scope returns.
#[test]
fn retry_with_drops_the_old_one_first() {
    struct Noisy(Flaky, usize);
    impl Drop for Noisy {
        fn drop(&mut self) {
            self.0.log.add(format!("{} dropped", self.1));
        }
    }
    impl Resource for Noisy {
        type Guard = &'static str;
        type Error = BoxError;
        async fn enter(&mut self) -> Result<&'static str, BoxError> {
            self.0.enter().await
        }
        async fn exit(&mut self, guard: &'static str, outcome: Outcome<'_>) -> Result<(), BoxError> {
            self.0.exit(guard, outcome).await
        }
    }
    let log = Log::default();
    let mut made = 0;
    let noisy = || {
        made += 1;
        log.add(format!("{made} made"));
        Noisy(flaky(&log, "a", usize::from(made < 3)), made)
    };
    block_on(retry_with(noisy, times(9)).scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(
        log.line(),
        "1 made, a fails, 1 dropped, 2 made, a fails, 2 dropped, 3 made, a enters, a begins to exit Completed, \
         a exits, 3 dropped"
    );
}

/// What was made for attempts that failed stays in an owned scope. It is dropped without a recursion.
#[test]
fn retry_with_is_opened_after_many_attempts() {
    let mut made = 0;
    let member = || {
        made += 1;
        let is_up = made == 300_000;
        resource(async move || if is_up { Ok(()) } else { Err("not yet".into()) }, async |(), _| Ok(()))
    };
    block_on(async {
        let opened = Scope::new(retry_with(member, times(usize::MAX))).open().await?;
        opened.close().await
    })
    .unwrap();
    assert_eq!(made, 300_000);
}

#[test]
fn retry_with_has_the_name_of_what_it_makes() {
    let member = || retry_with(|| resource(async || Err::<(), _>("no".into()), async |(), _| Ok(())), times(2));
    let error = block_on(member().scope(async |()| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter ResourceFn: no (after 2 attempts)");
    let error = block_on(member().named("db").scope(async |()| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter db: no (after 2 attempts)");
    let log = Log::default();
    let error = block_on(retry_with(|| flaky(&log, "a", 9), times(2)).scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter a: it is not up (after 2 attempts)");
    let groups = retry_with(|| (flaky(&log, "a", 0), flaky(&log, "b", 9)), times(2)).named("pair");
    let error = block_on(groups.scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1] pair/b: it is not up (after 2 attempts)");
}

#[test]
fn a_panic_of_make_ends_the_attempts() {
    let log = Log::default();
    let bad = retry_with(|| -> Flaky { quiet_panic("make") }, times(9));
    let panic = caught(|| block_on((flaky(&log, "a", 0), bad).scope(async |_| anyhow::Ok(()))));
    assert!(panic.is_some());
    assert_eq!(log.line(), "a enters, a begins to exit Panicked, a exits");
}

/// Work that fails in an attempt is the failure of the attempt, and is not that of the scope.
#[test]
fn work_that_fails_in_an_attempt_fails_the_attempt() {
    let log = Log::default();
    let mut attempts = 0;
    let group = retry_with(
        || {
            attempts += 1;
            let attempt = attempts;
            let worker = background(async move |startup| {
                let stop = startup.ready(attempt);
                pend(1).await;
                if attempt == 1 {
                    return Err("it died".into());
                }
                stop.await;
                Ok(())
            });
            (worker.named("worker"), Flaky { pending: (4, 0), ..flaky(&log, "b", 0) })
        },
        |failures: &Failures, _| {
            log.add(failures.to_string());
            Some(ready(()))
        },
    );
    block_on(group.scope(async |(attempt, _)| anyhow::Ok(log.add(format!("body {attempt}"))))).unwrap();
    assert_eq!(
        log.line(),
        "b enters, could not enter [0] worker: it died, b begins to exit EnterFailed, b exits, b enters, body 2, \
         b begins to exit Completed, b exits"
    );
}

/// So does that of a resource that is entered again, and not made anew.
#[test]
fn a_watch_that_ends_in_an_attempt_fails_the_attempt() {
    let log = Log::default();
    let mut deaths = 0;
    let watched = flaky(&log, "a", 0).watch(|_| {
        deaths += 1;
        let dies = deaths == 1;
        async move {
            pend(1).await;
            if dies { "it died" } else { std::future::pending().await }
        }
    });
    let group = (watched, Flaky { pending: (4, 0), ..flaky(&log, "b", 0) }).retry(|failures: &Failures, _| {
        log.add(failures.to_string());
        Some(ready(()))
    });
    block_on(group.scope(async |_| anyhow::Ok(log.add("body")))).unwrap();
    assert_eq!(
        log.line(),
        "a enters, b enters, could not enter [0] a: it died, b begins to exit EnterFailed, b exits, \
         a begins to exit EnterFailed, a exits, a enters, b enters, body, b begins to exit Completed, b exits, \
         a begins to exit Completed, a exits"
    );
}

/// Work that goes on after the attempt belongs to the scope.
#[test]
fn work_that_fails_later_stops_the_body() {
    let mut attempts = 0;
    let worker = retry_with(
        || {
            attempts += 1;
            let attempt = attempts;
            background(async move |startup| {
                if attempt == 1 {
                    return Err("not yet".into());
                }
                let _stop = startup.ready(());
                pend(5).await;
                Err("it died".into())
            })
        },
        times(9),
    );
    let report = block_on(Scope::new(worker.named("worker")).report(async |()| {
        std::future::pending::<()>().await;
        Ok::<_, BoxError>(())
    }));
    assert_eq!(report.failures.to_string(), "worker failed: it died");
    assert_eq!(report.failures.first().unwrap().phase(), Phase::Up);
}

/// Attempts within attempts.
#[test]
fn nested_attempts() {
    let log = Log::default();
    let inner = flaky(&log, "a", 3).retry(times(2));
    block_on(inner.retry(times(2)).scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(log.line(), "a fails, a fails, a fails, a enters, a begins to exit Completed, a exits");
    let inner = flaky(&log, "a", 9).retry(times(2));
    let error = block_on((inner, flaky(&log, "b", 0)).retry(times(2)).scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [0] a: it is not up (after 2 attempts)");
}
