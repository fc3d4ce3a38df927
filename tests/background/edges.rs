//! What a function can do that nobody expects, and drops.

use super::{Failed, Woken, died, plain, scope_error, waits, worker};
use futures::FutureExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use withal::{
    BoxError, MemberPanic, OutcomeKind, Phase, Reaper, ResourceExt, Scope, ScopeErrorKind, Startup, Stop, background,
};
use withal_common::{Log, pend, poll, quiet_panic, run, settle};

fn text<T: std::fmt::Debug>(result: Result<T, Failed>) -> String {
    scope_error(result).to_string()
}

#[test]
fn a_function_that_is_never_ready() {
    let returns = background(async |_startup: Startup<()>| Ok(()));
    assert_eq!(
        text(run(returns.scope(waits))),
        "could not enter Background: it ended before it was ready: its function has to call `startup.ready(guard)`"
    );
    let fails = background(async |_startup: Startup<()>| Err("no port".into()));
    assert_eq!(text(run(fails.scope(waits))), "could not enter Background: no port");
    let drops = background(async |startup: Startup<()>| {
        drop(startup);
        std::future::pending().await
    });
    assert!(text(run(drops.scope(waits))).contains("its function dropped its `Startup`"));
    let fails_at_once = background(async |startup| {
        let _stop = startup.ready(());
        died()
    });
    assert_eq!(text(run(fails_at_once.scope(waits))), "could not enter Background: the lease was lost");
}

#[test]
fn it_can_be_entered_once() {
    let mut once = background(async |startup| {
        startup.ready(()).await;
        Ok(())
    });
    run((&mut once).scope(async |()| Ok::<_, Failed>(()))).unwrap();
    assert!(text(run((&mut once).scope(waits))).contains("it can be entered only once"));
}

/// `ready` on another task, which outlives the function: the guard is dropped, and the `Stop` is ready.
#[test]
fn a_startup_that_comes_too_late() {
    let stray = Arc::new(Mutex::new(None));
    let put = Arc::clone(&stray);
    let returns = background(async move |startup: Startup<Arc<()>>| {
        *put.lock().unwrap() = Some(startup);
        Ok(())
    });
    assert!(text(run(returns.scope(waits))).contains("it ended before it was ready"));
    let guard = Arc::new(());
    let stop = stray.lock().unwrap().take().unwrap().ready(Arc::clone(&guard));
    assert_eq!(Arc::strong_count(&guard), 1);
    assert_eq!(stop.now_or_never(), Some(OutcomeKind::Cancelled));
}

#[test]
fn a_startup_that_is_ready_on_another_task() {
    let stray = Arc::new(Mutex::new(None::<Startup<u8>>));
    let put = Arc::clone(&stray);
    let member = background(async move |startup| {
        *put.lock().unwrap() = Some(startup);
        std::future::pending().await
    });
    let mut scope = Woken::new(member.scope(async |guard| Ok::<_, Failed>(*guard)));
    assert!(!scope.is_over());
    let stop = stray.lock().unwrap().take().unwrap().ready(7);
    assert!(!scope.is_over(), "its function never ends");
    assert_eq!(stop.now_or_never(), Some(OutcomeKind::Completed));
}

#[test]
fn a_stop_is_ready_for_ever() {
    let stops = Arc::new(Mutex::new(Vec::<Stop>::new()));
    let put = Arc::clone(&stops);
    let member = background(async move |startup| {
        let stop = startup.ready(());
        put.lock().unwrap().extend([stop.clone(), stop.clone()]);
        assert_eq!(stop.await, OutcomeKind::Failed);
        Ok(())
    });
    let failed = run(member.scope(async |()| Err::<(), _>(Failed::Body("no"))));
    assert!(matches!(failed, Err(Failed::Body(_))));
    for mut stop in stops.lock().unwrap().drain(..) {
        assert_eq!(run(&mut stop), OutcomeKind::Failed);
        assert_eq!(run(&mut stop), OutcomeKind::Failed, "polled again");
        assert_eq!(run(stop.clone()), OutcomeKind::Failed);
    }
}

#[test]
fn essential_work_must_not_end() {
    let essential = || {
        background(async |startup| {
            let _stop = startup.ready(());
            pend(2).await;
            Ok(())
        })
        .essential()
    };
    let error = scope_error(run((essential().named("worker"), ()).scope(async |_| waits(&mut ()).await)));
    assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
    assert_eq!(error.to_string(), "[0] worker failed: it ended before it had to stop");
    let stopped = background(async |startup| {
        startup.ready(()).await;
        Ok(())
    });
    run(stopped.essential().scope(async |()| Ok::<_, Failed>(()))).unwrap();
}

#[test]
fn a_panic_is_the_members() {
    let panics = || {
        background(async |startup| {
            let _stop = startup.ready(());
            pend(2).await;
            quiet_panic::<&str>("as scripted")
        })
        .named("worker")
    };
    let log = Log::default();
    let report = run(Scope::new((plain(&log, "db"), panics())).report(waits));
    let first = report.failures.first().unwrap();
    assert_eq!((first.name(), first.phase()), ("worker", Phase::Up));
    assert!(first.error().is::<MemberPanic>());
    assert_eq!(log.line(), "db enters, db exits MemberFailed");
    let resumed = catch_unwind(AssertUnwindSafe(|| run((plain(&log, "db"), panics()).scope(waits)))).unwrap_err();
    assert_eq!(resumed.downcast_ref::<&str>(), Some(&"as scripted"));
    assert_eq!(log.line(), "db enters, db exits MemberFailed", "it resumes at the end");
}

/// Writes down when it is dropped.
struct Dropped(Log, &'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.add(format!("{} dropped", self.1));
    }
}

/// Without a reaper the work is dropped, and then the guard; at any poll.
#[test]
fn dropped_at_any_poll() {
    for polls in 0..6 {
        let log = Log::default();
        let (inner, guard) = (log.clone(), Dropped(log.clone(), "guard"));
        let member = background(async move |startup| {
            let _work = Dropped(inner, "work");
            pend(1).await;
            startup.ready(guard).await;
            pend(1).await;
            Ok(())
        });
        {
            let mut scope = pin!((member, plain(&log, "db")).scope(async |_| {
                pend(1).await;
                Ok::<_, Failed>(())
            }));
            for _ in 0..polls {
                if poll(scope.as_mut()).is_ready() {
                    break;
                }
            }
        }
        let events = log.take();
        let [work, guard] =
            ["work dropped", "guard dropped"].map(|event| events.iter().filter(|e| *e == event).count());
        assert_eq!(guard, 1, "after {polls} polls: {events:?}");
        assert_eq!(work, usize::from(polls > 0), "after {polls} polls: {events:?}");
        assert_eq!(events.iter().filter(|event| *event == "db enters").count(), usize::from(polls > 0));
        let out = events.iter().filter(|event| event.starts_with("db exits") || *event == "db abandoned").count();
        assert_eq!(out, usize::from(polls > 0), "after {polls} polls: {events:?}");
    }
}

#[test]
fn attended_on_a_reaper() {
    let log = Log::default();
    let tasks = Arc::new(Mutex::new(Vec::new()));
    let spawned = Arc::clone(&tasks);
    let reaper = Reaper::new(move |task| spawned.lock().unwrap().push(task));
    let (lease, _death) = worker(&log, "lease");
    {
        let mut scope = pin!(Scope::new((plain(&log, "db"), lease)).on(&reaper).run(waits));
        settle(scope.as_mut());
    }
    assert_eq!(log.line(), "db enters, lease enters");
    for task in tasks.lock().unwrap().drain(..) {
        Woken::new(task).end();
    }
    assert_eq!(log.line(), "lease stops Cancelled, db exits Cancelled");
}

#[test]
fn death_on_a_reaper_scope_stops_the_body() {
    let log = Log::default();
    let reaper = Reaper::new(|_| unreachable!("it is not dropped"));
    let (lease, death) = worker(&log, "lease");
    let scope = Woken::new({
        let (log, reaper) = (log.clone(), reaper.clone());
        async move { Scope::new((plain(&log, "db"), lease)).on(&reaper).run(waits).await }
    });
    death.send(died()).unwrap();
    let error = scope_error(scope.end());
    assert_eq!(error.to_string(), "[1] Background failed: the lease was lost");
    assert_eq!(log.line(), "db enters, lease enters, lease ends, db exits MemberFailed");
}

#[test]
fn until_comes_first() {
    let log = Log::default();
    let (lease, _death) = worker(&log, "lease");
    let error = scope_error(run(Scope::new((lease, ())).until(pend(2)).run(async |_| waits(&mut ()).await)));
    assert_eq!(error.kind(), ScopeErrorKind::Cancelled);
    assert_eq!(log.line(), "lease enters, lease stops Cancelled");
}

#[test]
fn the_scope_is_send() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let member = background(async |startup| {
        startup.ready(5).await;
        Ok(())
    });
    let five = run(is_send(member.scope(async |five| Ok::<_, BoxError>(*five)))).unwrap();
    assert_eq!(five, 5);
}

/// Work that fails in a poll, and whose future panics when it is dropped: both are told, in each phase.
#[test]
fn an_error_and_a_panic_of_the_drop_are_both_told() {
    struct PanicsOnDrop;
    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            quiet_panic("dropped, as scripted")
        }
    }
    /// It ends after so many polls, before it is ready or after that, by itself or when it has to stop. Then it panics
    /// where it is dropped.
    struct Ends(Option<Startup<()>>, Option<Stop>, usize, &'static str, PanicsOnDrop);
    impl Future for Ends {
        type Output = Result<(), BoxError>;
        fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
            if self.3 != "enters" {
                if let Some(startup) = self.0.take() {
                    self.1 = Some(startup.ready(()));
                }
            }
            if self.3 == "stops" {
                std::task::ready!(self.1.as_mut().unwrap().poll_unpin(cx));
            }
            if self.2 == 0 {
                return std::task::Poll::Ready(if self.3 == "panics" {
                    quiet_panic("polled, as scripted")
                } else {
                    died()
                });
            }
            self.2 -= 1;
            cx.waker().wake_by_ref();
            std::task::Poll::Pending
        }
    }
    let cases = [
        ("enters", 1, Phase::Enter, Phase::Enter, OutcomeKind::Panicked),
        ("is up", 3, Phase::Up, Phase::Up, OutcomeKind::MemberFailed),
        ("panics", 3, Phase::Up, Phase::Up, OutcomeKind::MemberFailed),
        ("stops", 0, Phase::Exit, Phase::Exit, OutcomeKind::Completed),
    ];
    for (when, polls, first_phase, second_phase, outcome) in cases {
        let log = Log::default();
        let ends = background(move |startup| Ends(Some(startup), None, polls, when, PanicsOnDrop)).named("worker");
        let stops = when == "stops";
        let report = run(Scope::new((plain(&log, "db"), ends))
            .report(async |_| if stops { Ok::<_, Failed>(OutcomeKind::Completed) } else { waits(&mut ()).await }));
        let told: Vec<_> = report.failures.iter().map(|f| (f.name(), f.phase(), f.error().to_string())).collect();
        let error = if when == "panics" { "panicked: polled, as scripted" } else { "the lease was lost" };
        let panic = "panicked: dropped, as scripted";
        assert_eq!(
            told,
            [("worker", first_phase, error.to_owned()), ("worker", second_phase, panic.to_owned())],
            "{when}"
        );
        assert_eq!(report.failures.first().unwrap().error().to_string(), error, "{when}");
        assert_eq!(log.line(), format!("db enters, db exits {outcome:?}"), "{when}");
    }
}
