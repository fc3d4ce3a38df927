//! Functions of `then` that do to the guards what they should not: a clear failure that names the function, the body
//! does not run, and every other member is exited by awaiting. Laws `exactly-once`, `roll-back`, `panic-anywhere`.

use withal::{
    BoxResource, ExitPool, ExitStack, Phase, Reaper, Report, Resource, ResourceExt, Scope, ScopeError, Taken, adopt,
};
use withal_common::{Log, Member, run};

const TOOK: &str = "the function of `then` took its guard away, so there was nothing to exit it with";
const LEFT: &str = "the function of `then` left a guard that belongs to no member; it was dropped";

/// Runs a scope whose body must not run, plain and on a reaper.
fn fails<R: Resource<Guard: 'static> + 'static>(make: impl Fn() -> R, check: impl Fn(Report<(), ScopeError>)) {
    let body = async |_: &mut R::Guard| -> Result<(), ScopeError> { unreachable!("not all are in") };
    check(run(Scope::new(make()).report(body)));
    check(on_a_reaper(make().boxed()));
}

fn on_a_reaper<G: Send + 'static>(resource: BoxResource<'static, G>) -> Report<(), ScopeError> {
    let reaper = Reaper::new(|_| unreachable!("nothing is dropped"));
    run(Scope::new(resource).on(&reaper).report(async |_| unreachable!("not all are in")))
}

#[test]
fn roll_back_when_a_function_takes_a_guard_out() {
    let log = Log::default();
    let chain = || {
        let first = vec![log.quick(0), log.slow(1)];
        first.then(|guards| adopt(guards.pop().unwrap(), async |_, _| Ok(())))
    };
    let told = |report: Report<(), ScopeError>, path: &[usize]| {
        assert_eq!(report.failures.len(), 1, "{report:?}");
        let first = report.failures.first().unwrap();
        assert_eq!((first.path(), first.phase()), (path, Phase::Enter));
        assert_eq!(first.error().to_string(), TOOK);
        let events = log.take();
        assert!(events.contains(&"exit 0, EnterFailed".to_owned()), "{events:?}");
        assert!(!events.iter().any(|event| event.starts_with("abandon")), "{events:?}");
    };
    fails(chain, |report| told(report, &[0, 1]));
    fails(|| (chain(), log.slow(2)), |report| told(report, &[0, 0, 1]));
    fails(|| (log.slow(2), [chain()], log.slow(3)).in_order(), |report| told(report, &[1, 0, 0, 1]));
    fails(|| (log.slow(2), chain()).fail_fast(), |report| told(report, &[1, 0, 1]));
    fails(|| Some(chain().boxed()).named("named"), |report| told(report, &[0, 1]));
    fails(|| chain().then(|_| ()), |report| told(report, &[0, 0, 1]));

    // In a set, where the others of its group are rolled back as well.
    for _ in 0..2 {
        let error = run(ExitPool::new().scope(async |pool| {
            pool.enter((chain(), log.slow(2))).await?;
            Ok::<_, ScopeError>(())
        }));
        assert_eq!(error.unwrap_err().to_string(), format!("could not enter [0, 0, 1] Member: {TOOK}"));
        let events = log.take();
        assert!(events.contains(&"exit 2, EnterFailed".to_owned()), "{events:?}");
        assert!(!events.iter().any(|event| event.starts_with("abandon")), "{events:?}");
    }

    // By hand, too.
    let mut by_hand = chain();
    assert_eq!(run(by_hand.enter()).unwrap_err().to_string(), format!("could not enter [0, 1] Member: {TOOK}"));
}

#[test]
fn roll_back_when_a_function_takes_an_optional_guard_out() {
    let log = Log::default();
    fails(
        || (Some(log.slow(0)).then(|guard| drop_unit(guard.take())), log.slow(1)),
        |report| {
            assert_eq!(report.failures.to_string(), format!("could not enter [0, 0] Member: {TOOK}"));
            assert_eq!(log.take().last().unwrap(), "exit 1, EnterFailed");
        },
    );
    fails(
        || ((), None::<Member>).then(|((), guard)| drop_unit(guard.replace(3))),
        |report| {
            assert_eq!(report.failures.to_string(), format!("could not enter [0, 1] Member: {LEFT}"));
        },
    );
}

fn drop_unit<T>(_: T) {}

#[test]
fn roll_back_when_a_function_adds_a_guard() {
    let log = Log::default();
    fails(
        || (vec![log.slow(0)].then(|guards| guards.push(7)), log.slow(1)),
        |report| {
            assert_eq!(report.failures.to_string(), format!("could not enter [0, 0] Vec: {LEFT}"));
            assert_eq!(log.take()[2..], ["exit 0, EnterFailed", "exit 1, EnterFailed"]);
        },
    );
}

/// A set, or what was taken out of one, is a guard as well.
#[test]
fn roll_back_when_a_function_swaps_or_takes_a_set() {
    let log = Log::default();
    // To put another set in its place is allowed: that one is exited, and the other one is abandoned where it is
    // dropped.
    let swapped = ExitStack::new().then(|stack| {
        let old = std::mem::replace(stack, ExitStack::new().open());
        adopt(old, async |old, _| Ok(old.close().await?))
    });
    run(swapped.scope(async |(stack, _)| {
        stack.enter(log.slow(0)).await?;
        Ok::<_, ScopeError>(())
    }))
    .unwrap();
    assert_eq!(log.take(), ["enter 0", "exit 0, Completed"]);
    fails(
        || (Some(ExitStack::new()).then(|stack| drop_unit(stack.take())), log.slow(1)),
        |report| {
            assert_eq!(report.failures.to_string(), format!("could not enter [0, 0] ExitStack: {TOOK}"));
            assert_eq!(log.take(), ["enter 1", "exit 1, EnterFailed"]);
        },
    );
    let taken = || {
        let pool = ExitPool::new().open();
        Taken::into_resource(withal::Handle::take(run(pool.enter([log.quick(4)])).unwrap()))
    };
    fails(
        || (vec![taken()].then(|guards| drop_unit(guards.pop())), log.slow(1)),
        |report| {
            assert!(report.failures.to_string().ends_with(TOOK), "{report:?}");
            assert!(log.take().contains(&"exit 1, EnterFailed".to_owned()));
        },
    );
}

/// The body's doing is told as the body's.
#[test]
fn a_body_that_takes_guards_of_a_chain() {
    let log = Log::default();
    let chain = vec![log.slow(0)].then(|_| vec![log.slow(1)]);
    let report = run(Scope::new(chain).report(async |(first, second)| {
        first.clear();
        second.push(9);
        Ok::<_, ScopeError>(())
    }));
    assert_eq!(
        report.failures.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "could not exit [0, 0] Member: the body took its guard away, so there was nothing to exit it with",
            "could not exit [1] Vec: the body left a guard that belongs to no member; it was dropped",
        ]
    );
}
