//! A second resource of a chain that keeps what it shares with the first one in itself: it is gone before the first one
//! exits, or is abandoned, so that an exit can unwrap an `Arc`. Laws `series`, `panic-anywhere`.

use super::erased::{Erased, erased};
use std::future::pending;
use std::sync::{Arc, Mutex};
use withal::{ExitPool, ExitStack, Handle, Outcome, Phase, Reaper, Report, Resource, ResourceExt, Scope, Taken};
use withal_common::{Log, caught, pend, poll, poll_and_drop, quiet_panic, reaper, run};

type Shared = Arc<()>;

/// Its guard is to have no other owner when it exits.
struct First(Log);

impl First {
    fn goes(&self, how: &str, guard: Shared) {
        let owners = if Arc::into_inner(guard).is_some() { "alone" } else { "shared" };
        self.0.add(format!("{how} first, {owners}"));
    }
}

impl Resource for First {
    type Guard = Shared;
    type Error = String;

    async fn enter(&mut self) -> Result<Shared, String> {
        Ok(Arc::new(()))
    }

    async fn exit(&mut self, guard: Shared, _: Outcome<'_>) -> Result<(), String> {
        self.goes("exit", guard);
        pend(1).await;
        Ok(())
    }

    fn abandon(&mut self, guard: Shared) {
        self.goes("abandon", guard);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Well,
    FailsToEnter,
    PanicsInEnter,
    HangsInEnter,
    FailsToExit,
    HangsInExit,
    PanicsWhenDropped,
}
use How::*;

struct Second {
    _shared: Shared,
    log: Log,
    how: How,
}

impl Resource for Second {
    type Guard = ();
    type Error = String;

    async fn enter(&mut self) -> Result<(), String> {
        pend(1).await;
        match self.how {
            FailsToEnter => Err("it does not enter".to_owned()),
            PanicsInEnter => quiet_panic("it panics in its enter"),
            HangsInEnter => pending().await,
            _ => Ok(()),
        }
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), String> {
        pend(1).await;
        match self.how {
            FailsToExit => return Err("it does not exit".to_owned()),
            HangsInExit => pending().await,
            _ => {}
        }
        self.log.add("exit second".to_owned());
        Ok(())
    }

    fn abandon(&mut self, (): ()) {
        self.log.add("abandon second".to_owned());
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        self.log.add("drop second".to_owned());
        if self.how == PanicsWhenDropped && !std::thread::panicking() {
            quiet_panic("the second panics when it is dropped");
        }
    }
}

/// Checks that the first one went once, alone, after the last that the second one did; returns what happened.
#[track_caller]
fn gone(log: &Log) -> Vec<String> {
    let events = log.take();
    let firsts: Vec<_> = events.iter().filter(|event| event.contains("first")).collect();
    assert_eq!(firsts.len(), 1, "{events:?}");
    assert!(firsts[0].ends_with("alone"), "{events:?}");
    let at = events.iter().position(|event| event == firsts[0]).unwrap();
    assert!(!events[at..].iter().any(|event| event.contains("second")), "{events:?}");
    events
}

/// Polls a scope until its body is reached, and drops it.
fn drop_in_body<F: Future>(scope: impl FnOnce(Arc<Mutex<bool>>) -> F) {
    let reached = Arc::<Mutex<bool>>::default();
    let mut scope = Box::pin(scope(Arc::clone(&reached)));
    let mut polls = 0;
    while !*reached.lock().unwrap() {
        assert!(poll(scope.as_mut()).is_pending());
        polls += 1;
        assert!(polls < 100, "the body is not reached");
    }
}

async fn hang(reached: &Mutex<bool>) -> Result<(), String> {
    *reached.lock().unwrap() = true;
    pending().await
}

async fn ok<G>(_: &mut G) -> Result<(), String> {
    pend(1).await;
    Ok(())
}

fn in_a_scope(log: &Log, make: &dyn Fn() -> Erased) {
    let report = run(Scope::new(make()).report_local(async |guard| ok(guard).await));
    assert!(report.is_clean(), "{report:?}");
    gone(log);
    let report = run(Scope::new(make()).report_local(async |_| Err::<(), _>("the body fails")));
    assert!(report.failures.is_empty(), "{report:?}");
    gone(log);
    let report: Report<(), ()> = run(Scope::new(make()).report_local(async |_| quiet_panic("the body panics")));
    assert!(report.failures.is_empty() && report.panic.is_some(), "{report:?}");
    gone(log);
    drop_in_body(|reached| Scope::new(make()).report_local(async move |_| hang(&reached).await));
    gone(log);
}

fn on_a_reaper(log: &Log, make: &dyn Fn() -> Erased) {
    let (reaper, tasks) = reaper();
    assert!(run(Scope::new(make()).on(&reaper).report_local(async |guard| ok(guard).await)).is_clean());
    gone(log);
    drop_in_body(|reached| {
        let scope = Scope::new(make()).on(&reaper);
        scope.report_local(async move |_| hang(&reached).await)
    });
    run(tasks.pop().unwrap());
    assert!(gone(log).iter().any(|event| event == "exit first, alone"));
}

/// What is entered there is owned by the set.
fn in_a_set(log: &Log, make: &dyn Fn() -> Erased) {
    for exits_early in [false, true] {
        let report = run(Scope::new(ExitStack::new()).report_local(async |stack| {
            let handle = stack.enter(make()).await?;
            if exits_early {
                Handle::exit(handle).await?;
            }
            Ok::<_, withal::ScopeError>(())
        }));
        assert!(report.is_clean(), "{report:?}");
        gone(log);
    }
    let pool = ExitPool::new().open();
    drop(run(pool.enter((make(), ()))).unwrap());
    run(pool.close()).unwrap();
    gone(log);
    let pool = ExitPool::new().open();
    drop(run(pool.enter(make())).unwrap());
    drop(pool);
    gone(log);
    // Moved out, and in again.
    let pool = ExitPool::new().open();
    let taken = Taken::into_resource(Handle::take(run(pool.enter(make())).unwrap()));
    run(taken.scope_local(async |_| anyhow::Ok(()))).unwrap();
    gone(log);
}

fn by_hand(log: &Log, make: &dyn Fn() -> Erased) {
    let mut member = make();
    for _ in 0..2 {
        let guard = run(member.enter()).unwrap();
        run(member.exit(guard, Outcome::Completed)).unwrap();
        gone(log);
    }
    let guard = run(member.enter()).unwrap();
    member.abandon(guard);
    gone(log);
    // By hand and in a scope, in turn.
    run((&mut member).scope_local(async |_| anyhow::Ok(()))).unwrap();
    gone(log);
    let guard = run(member.enter()).unwrap();
    run(member.exit(guard, Outcome::Completed)).unwrap();
    gone(log);
}

/// Checks a chain in every way to hold it, at every place.
fn check(log: &Log, make: &dyn Fn() -> Erased) {
    fn holders(log: &Log, make: &dyn Fn() -> Erased) {
        in_a_scope(log, make);
        on_a_reaper(log, make);
        in_a_set(log, make);
        by_hand(log, make);
    }
    holders(log, make);
    holders(log, &|| erased(((), [make()]).fail_fast()));
    holders(log, &|| erased(Some(vec![make()]).named("around")));
    holders(log, &|| erased((make(), ()).in_order().exit_within(pending::<()>)));
}

/// Makes members that share the guard of the first one.
#[derive(Clone)]
struct Maker(Log, How);

impl Maker {
    fn of(&self, shared: &Shared) -> Second {
        Second { _shared: Arc::clone(shared), log: self.0.clone(), how: self.1 }
    }
}

/// Calls a check with a chain for each of these seconds.
macro_rules! chains {
    ($log:expr, $how:expr, $check:expr, |$second:ident, $good:ident, $shared:ident| $($made:expr),+ $(,)?) => {$({
        let log: &Log = $log;
        $check(log, &|| {
            let ($second, $good) = (Maker(log.clone(), $how), Maker(log.clone(), Well));
            erased(First(log.clone()).then(move |$shared: &mut Shared| {
                let _ = (&$second, &$good, &$shared);
                $made
            }))
        });
    })+};
}

type Check = fn(&Log, &dyn Fn() -> Erased);

/// Calls a check with a chain for each shape of the second, in which one member goes like this.
fn each_shape(log: &Log, how: How, check: Check) {
    chains!(
        log,
        how,
        check,
        |second, good, shared| second.of(shared),
        Box::new(second.of(shared)),
        Some(second.of(shared)),
        second.of(shared).named("named"),
        second.of(shared).map_err(|error| error + "!"),
        second.of(shared).boxed(),
        second.of(shared).enter_within(pending::<()>).exit_within(pending::<()>),
        (good.of(shared), second.of(shared)),
        (second.of(shared), [good.of(shared)]).named("named"),
        [second.of(shared), good.of(shared)],
        vec![good.of(shared), second.of(shared)],
        vec![second.of(shared), good.of(shared)].limit(1),
        (second.of(shared), good.of(shared)).in_order(),
        (good.of(shared), vec![second.of(shared)]).fail_fast(),
        Some(Box::new([second.of(shared)].named("named"))).limit(2).map_err(|failures| failures),
        {
            let (good, shared) = (good.clone(), Arc::clone(shared));
            second.of(&shared).then(move |()| good.of(&shared))
        },
        {
            let (second, shared) = (second.clone(), Arc::clone(shared));
            good.of(&shared).then(move |()| (second.of(&shared), ())).boxed()
        },
    );
}

#[test]
fn the_second_of_a_chain_is_gone_before_the_first_exits() {
    let log = &Log::default();
    each_shape(log, Well, check);
    // What is in from the start.
    chains!(
        log,
        Well,
        check,
        |second, _good, shared| {
            let mut pool = ExitPool::new().open();
            drop(run(pool.enter(second.of(shared))).unwrap());
            pool.take_all()
        },
        {
            let stack = ExitStack::new().open();
            Taken::into_resource(Handle::take(run(stack.enter(second.of(shared))).unwrap()))
        },
        ()
    );
    // A chain of three, of which the third is made from both.
    check(log, &|| {
        let (second, third) = (Maker(log.clone(), Well), Maker(log.clone(), Well));
        erased(First(log.clone()).then(move |shared| second.of(shared)).then(move |(shared, ())| [third.of(shared)]))
    });
}

/// Checks a chain whose second does not get in.
fn check_failing(log: &Log, make: &dyn Fn() -> Erased) {
    fn holders(log: &Log, make: &dyn Fn() -> Erased) {
        let report: Report<(), ()> = run(Scope::new(make()).report_local(async |_| unreachable!()));
        assert_eq!(report.failures.len(), 1, "{report:?}");
        gone(log);
        let reaper = Reaper::new(drop);
        let report: Report<(), ()> = run(Scope::new(make()).on(&reaper).report_local(async |_| unreachable!()));
        assert_eq!(report.failures.len(), 1, "{report:?}");
        gone(log);
        let pool = ExitPool::new().open();
        let mut has_entered = false;
        caught(|| has_entered = run(pool.enter(make())).is_ok());
        assert!(!has_entered);
        gone(log);
    }
    holders(log, make);
    holders(log, &|| erased(((), [make()]).fail_fast()));
    holders(log, &|| erased(Some(vec![make()]).named("around")));
}

#[test]
fn the_second_of_a_chain_is_gone_when_it_does_not_enter() {
    let log = &Log::default();
    each_shape(log, FailsToEnter, check_failing);
    each_shape(log, PanicsInEnter, check_failing);
    each_shape(log, HangsInEnter, check_late_to_enter);
}

/// Checks a chain whose second hangs while it enters.
fn check_late_to_enter(log: &Log, make: &dyn Fn() -> Erased) {
    let body = async |_: &mut _| -> Result<(), ()> { unreachable!() };
    let report = run(Scope::new(make().enter_within(|| pend(5))).report_local(body));
    assert_eq!(report.failures.len(), 1, "{report:?}");
    gone(log);
    let report = run(Scope::new((make(), ()).fail_fast()).until(pend(5)).report_local(async |_| Ok::<_, ()>(())));
    assert!(report.cancelled, "{report:?}");
    gone(log);
    poll_and_drop(Scope::new(make()).report_local(async |_| Ok::<_, ()>(())));
    gone(log);
    let pool = ExitPool::new().open();
    poll_and_drop(pool.enter(make()));
    run(pool.close()).unwrap();
    gone(log);
}

/// Checks a chain whose second hangs while it exits.
fn check_late_to_exit(log: &Log, make: &dyn Fn() -> Erased) {
    let report = run(Scope::new(make().exit_within(|| pend(5))).report_local(async |guard| ok(guard).await));
    assert!(!report.failures.is_empty(), "{report:?}");
    gone(log);
    poll_and_drop(Scope::new(make()).report_local(async |guard| ok(guard).await));
    gone(log);
    let pool = ExitPool::new().open();
    drop(run(pool.enter(make())).unwrap());
    poll_and_drop(pool.close());
    gone(log);
    let mut member = make();
    let guard = run(member.enter()).unwrap();
    poll_and_drop(member.exit(guard, Outcome::Completed));
    gone(log);
}

#[test]
fn the_second_of_a_chain_is_gone_when_its_exit_is_cut() {
    let log = &Log::default();
    each_shape(log, HangsInExit, check_late_to_exit);
}

/// Checks that what goes wrong with a second that is gone is told, in the same words in each way to hold it.
fn check_failing_to_exit(log: &Log, make: &dyn Fn() -> Erased) {
    let report = run(Scope::new((make(), ())).report_local(async |guard| ok(guard).await));
    assert_eq!(report.failures.len(), 1, "{report:?}");
    let failure = report.failures.first().unwrap();
    assert_eq!((&failure.path()[..2], failure.phase()), (&[0, 1][..], Phase::Exit), "{report:?}");
    assert!(failure.error().to_string().starts_with("it does not exit"), "{report:?}");
    gone(log);
    let told = failure.to_string();
    let pool = ExitPool::new().open();
    drop(run(pool.enter(make())).unwrap());
    let error = run(pool.close()).unwrap_err();
    assert_eq!(error.to_string(), told);
    gone(log);
    let mut member = (make(), ());
    let guard = run(member.enter()).unwrap();
    assert_eq!(run(member.exit(guard, Outcome::Completed)).unwrap_err().to_string(), told);
    gone(log);
}

#[test]
fn nothing_lost_of_a_second_that_is_gone() {
    let log = &Log::default();
    each_shape(log, FailsToExit, check_failing_to_exit);
}

/// Checks that a second which panics when it is dropped is told, and keeps nobody else from the exit.
fn check_panicking(log: &Log, make: &dyn Fn() -> Erased) {
    let report = run(Scope::new((make(), log.slow(3))).report_local(async |guard| ok(guard).await));
    assert_eq!(report.failures.len(), 1, "{report:?}");
    let told = report.failures.to_string();
    assert!(told.ends_with(" then: panicked: the second panics when it is dropped"), "{told}");
    assert!(gone(log).iter().any(|event| event == "exit 3, Completed"));
    let pool = ExitPool::new().open();
    drop(run(pool.enter(make())).unwrap());
    caught(|| run(pool.close())).unwrap();
    assert!(gone(log).iter().any(|event| event == "exit first, alone"));
    let scope = || drop_in_body(|reached| Scope::new(make()).report_local(async move |_| hang(&reached).await));
    caught(scope).unwrap();
    assert!(gone(log).iter().any(|event| event == "abandon first, alone"));
    let mut member = make();
    let guard = run(member.enter()).unwrap();
    caught(|| run(member.exit(guard, Outcome::Completed)).is_ok()).unwrap();
    assert!(gone(log).iter().any(|event| event == "exit first, alone"));
}

#[test]
fn panic_anywhere_in_the_drop_of_a_second() {
    let log = &Log::default();
    each_shape(log, PanicsWhenDropped, check_panicking);
}

/// In a stack, what is made from the guard of a member before it goes before that one, too.
#[test]
fn the_next_in_a_stack_is_gone_before_the_one_before_it_exits() {
    let log = &Log::default();
    let filled = |how| {
        let stack = ExitStack::new().open();
        let first = run(stack.enter(First(log.clone()))).unwrap();
        drop(run(stack.enter(Maker(log.clone(), how).of(&first))).unwrap());
        drop(first);
        stack
    };
    run(filled(Well).close()).unwrap();
    assert_eq!(gone(log).last().unwrap(), "exit first, alone");
    run(filled(FailsToExit).close()).unwrap_err();
    assert_eq!(gone(log).last().unwrap(), "exit first, alone");
    drop(filled(Well));
    assert_eq!(gone(log).last().unwrap(), "abandon first, alone");
    let late = filled(HangsInExit).take_all().exit_within(|| pend(5));
    run(late.scope_local(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(gone(log).last().unwrap(), "abandon first, alone");
    poll_and_drop(filled(HangsInExit).close());
    assert_eq!(gone(log).last().unwrap(), "abandon first, alone");
}
