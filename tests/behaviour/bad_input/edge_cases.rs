//! Unusual, and no mistake: laws `unit`, `exactly-once`, `untouched-body`, `borrow`.

use futures::FutureExt;
use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use withal::{Failures, Outcome, Resource, ResourceExt, Scope, ScopeError};
use withal_common::{Log, Member, pend, polled, run};

/// Laws `concurrent-enter`, `concurrent-exit`: what is ready costs no second poll.
#[test]
fn exactly_once_for_members_that_are_ready_at_once() {
    let log = Log::default();
    let (sum, polls) =
        polled((log.quick(1), [log.quick(2), log.quick(3)]).scope(async |(a, [b, c])| anyhow::Ok(*a + *b + *c)));
    assert_eq!((sum.unwrap(), polls), (6, 1));
    let exits = ["exit 3, Completed", "exit 2, Completed", "exit 1, Completed"];
    assert_eq!(log.take(), [["enter 1", "enter 2", "enter 3"], exits].concat());

    let (_, polls) = polled(vec![log.quick(1), log.quick(2)].fail_fast().scope(async |_| anyhow::Ok(())));
    assert_eq!(polls, 1);
}

/// A resource that says `Ready` without an `async fn`, and whose future would panic if it were polled once more.
#[test]
fn exactly_once_for_futures_that_must_not_be_polled_again() {
    struct Once;
    impl Resource for Once {
        type Guard = ();
        type Error = String;
        fn enter(&mut self) -> impl Future<Output = Result<(), String>> + Send {
            let mut polled = false;
            std::future::poll_fn(move |_| {
                assert!(!std::mem::replace(&mut polled, true), "polled after it was ready");
                std::task::Poll::Ready(Ok(()))
            })
        }
        fn exit(&mut self, (): (), _: Outcome<'_>) -> impl Future<Output = Result<(), String>> + Send {
            std::future::ready(Ok(()))
        }
    }

    let log = Log::default();
    for _ in 0..2 {
        run((Once, log.slow(1), [Once, Once], vec![Once]).scope(async |_| anyhow::Ok(()))).unwrap();
        run((Once, log.slow(1), [Once, Once], vec![Once]).fail_fast().scope(async |_| anyhow::Ok(()))).unwrap();
    }
}

#[test]
fn exactly_once_for_each_of_a_type() {
    let log = Log::default();
    let four = |id| (log.slow(id), log.slow(id), log.quick(id), log.slow(id));
    let twelve = (four(0), [four(1), four(1)], vec![four(2)]);
    run((twelve, log.slow(3), log.slow(3), log.slow(3)).scope(async |_| anyhow::Ok(()))).unwrap();
    let events = log.take();
    for (id, times) in [(0, 4), (1, 8), (2, 4), (3, 3)] {
        for event in [format!("enter {id}"), format!("exit {id}, Completed")] {
            assert_eq!(events.iter().filter(|seen| **seen == event).count(), times, "{event}");
        }
    }
}

/// A tuple is as long as it can be.
#[test]
fn exactly_once_for_twelve() {
    let log = Log::default();
    let one = || log.slow(1);
    let twelve = (one(), one(), one(), one(), one(), one(), one(), one(), one(), one(), one(), one());
    run(twelve.scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(log.take(), [["enter 1"; 12], ["exit 1, Completed"; 12]].concat());
}

/// The same value, borrowed: it is entered and exited again for each scope.
#[test]
fn exactly_once_for_each_scope() {
    let log = Log::default();
    let mut member = log.slow(7);
    for _ in 0..2 {
        assert_eq!(run((&mut member).scope(async |id| anyhow::Ok(*id))).unwrap(), 7);
        assert_eq!(log.take(), ["enter 7", "exit 7, Completed"]);
    }
}

#[test]
fn unit_for_all_that_is_empty() {
    fn check<R: Resource>(empty: R, is_empty: impl Fn(&R::Guard) -> bool + Send + Sync) {
        let (result, polls) = polled(empty.scope(async |guard| anyhow::Ok(is_empty(guard))));
        assert!(result.unwrap());
        assert_eq!(polls, 1);
    }
    check((), |(): &()| true);
    check(Vec::<Member>::new(), Vec::is_empty);
    check(Vec::<Member>::new().fail_fast(), Vec::is_empty);
    check([] as [Member; 0], |[]| true);
    check(([] as [Member; 0]).fail_fast(), |[]| true);
    check(None::<Member>, Option::is_none);
    check(((), [(); 3], vec![Vec::<Member>::new()]), |((), _, inner)| inner[0].is_empty());
}

/// What fails in a scope over nothing is the body alone.
#[test]
fn unit_with_a_body_that_fails() {
    let error = run(Vec::<Member>::new().scope(async |_| Err::<(), _>(anyhow::anyhow!("mine")))).unwrap_err();
    assert_eq!(error.to_string(), "mine");
}

/// The contract allows it, and an empty guard is still a guard.
#[test]
fn exactly_once_for_guards_without_size() {
    struct Permit<'a>(&'a Log);
    #[derive(Debug)]
    struct Nothing;
    impl Resource for Permit<'_> {
        type Guard = Nothing;
        type Error = String;
        async fn enter(&mut self) -> Result<Nothing, String> {
            self.0.add("enter");
            Ok(Nothing)
        }
        async fn exit(&mut self, guard: Nothing, _: Outcome<'_>) -> Result<(), String> {
            self.0.add(format!("exit {guard:?}"));
            Ok(())
        }
    }

    let log = Log::default();
    let number = run(vec![Permit(&log), Permit(&log)].scope(async |guards| anyhow::Ok(guards.len())));
    assert_eq!(number.unwrap(), 2);
    assert_eq!(log.take(), ["enter", "enter", "exit Nothing", "exit Nothing"]);
    run([Permit(&log), Permit(&log)].scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(log.take(), ["enter", "enter", "exit Nothing", "exit Nothing"]);
}

async fn double(guard: &mut u32) -> anyhow::Result<u32> {
    pend(1).await;
    *guard *= 2;
    Ok(*guard)
}

#[test]
fn borrow_by_a_body_that_is_an_async_fn() {
    let log = Log::default();
    assert_eq!(run(log.slow(4).scope(double)).unwrap(), 8);
    assert_eq!(log.take(), ["enter 4", "exit 8, Completed"], "the exit gets the guard as the body left it");
    assert_eq!(run(log.slow(4).scope_local(double)).unwrap(), 8);
    assert_eq!(run(Scope::new(log.slow(4)).report(double)).body.unwrap().unwrap(), 8);
}

/// Law `untouched-body`: an early end by `?` is an end, and every member is exited.
#[test]
fn untouched_body_that_returns_early() {
    fn read(text: &str) -> Result<u32, std::num::ParseIntError> {
        text.parse()
    }
    let log = Log::default();
    let error = run((log.slow(1), log.slow(2)).scope(async |(a, _)| {
        let number = read("no number")?;
        log.add("never");
        anyhow::Ok(number + *a)
    }));
    assert!(error.unwrap_err().is::<std::num::ParseIntError>());
    // The second round begins with the second one.
    let exits = ["exit 1, Failed", "exit 2, Failed"];
    assert_eq!(log.take(), [["enter 2", "enter 1"], exits].concat());
}

/// The same, by `return`, and with an inner scope's error passed on.
#[test]
fn untouched_body_that_returns_from_an_inner_scope() {
    let log = Log::default();
    let result = run(log.slow(1).scope(async |outer| -> Result<u32, ScopeError> {
        let inner = log.slow(2).scope(async |inner| Ok::<_, ScopeError>(*inner)).await?;
        if inner == 2 {
            return Ok(*outer + inner);
        }
        Ok(0)
    }));
    assert_eq!(result.unwrap(), 3);
    assert_eq!(log.take(), ["enter 1", "enter 2", "exit 2, Completed", "exit 1, Completed"]);
}

/// Laws `series`, `never-entered`: the second resource of an earlier time is not entered where none can be made.
#[test]
fn never_entered_when_the_second_cannot_be_made_again() {
    let log = Log::default();
    let mut times = 0;
    let mut chain = log.quick(1).then(|_| {
        times += 1;
        assert!(times < 2, "there is no second one any more");
        log.quick(2)
    });
    run((&mut chain).scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(log.take(), ["enter 1", "enter 2", "exit 2, Completed", "exit 1, Completed"]);
    let report = run(Scope::new(chain).report(async |_| anyhow::Ok(())));
    assert_eq!(report.failures.to_string(), "could not enter then: panicked: there is no second one any more");
    assert_eq!(log.take(), ["enter 1", "exit 1, Panicked"]);
}

/// Laws `bounded`, `linear`: in a long list only those are polled that were woken, so that who leaves has to wake the
/// next.
#[test]
fn bounded_where_only_the_woken_are_polled() {
    let log = Log::default();
    let scope = (0..40).map(|id| log.slow(id)).collect::<Vec<_>>().limit(2).scope(async |_| anyhow::Ok(()));
    let mut pool = LocalPool::new();
    pool.spawner().spawn_local(scope.map(Result::unwrap)).unwrap();
    pool.run_until_stalled();
    assert_eq!(log.take().len(), 80, "nobody waits for ever");
}

/// Laws `nothing-lost` and `roll-back`: an error that holds no failures is an error all the same.
#[test]
fn an_error_that_does_not_say_why() {
    struct Silent(&'static str);
    impl Resource for Silent {
        type Guard = ();
        type Error = Failures;
        async fn enter(&mut self) -> Result<(), Failures> {
            if self.0 == "enter" { Err(Failures::default()) } else { Ok(()) }
        }
        async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Failures> {
            Err(Failures::default())
        }
    }
    let log = Log::default();
    for phase in ["enter", "exit"] {
        let report = run(Scope::new((log.quick(0), Silent(phase))).report(async |_| Ok::<_, ScopeError>(())));
        let told = format!("could not {phase} [1] Silent: its error holds no failures, so it does not say why");
        assert_eq!((report.failures.to_string(), report.cancelled), (told, false));
    }
    assert_eq!(log.take(), ["enter 0", "exit 0, EnterFailed", "enter 0", "exit 0, Completed"]);
}
