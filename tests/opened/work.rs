//! Laws `attended` and `nothing-lost`: who polls the work of the members of an owned scope, and who is told its death.

use super::{died, worker};
use futures::channel::oneshot;
use futures::future::join;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Wake, Waker};
use withal::{ExitPool, ExitStack, Phase, ResourceExt, Scope, ScopeErrorKind, background, defer};
use withal_common::{Log, pend, poll, reaper, run};

/// Counts how often it is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn attended_without_a_reaper() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let opened = run(Scope::new((lease.named("lease"), ())).open()).unwrap();
    let wakes = Arc::new(Wakes::default());
    let of_wakes = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&of_wakes);
    {
        let mut attend = pin!(opened.attend());
        assert!(attend.as_mut().poll(&mut cx).is_pending());
        let before = wakes.0.load(SeqCst);
        death.send(died()).unwrap();
        assert!(wakes.0.load(SeqCst) > before, "its death wakes who attends");
    } // dropped before it could see the death
    let error = run(opened.attend()); // it is not lost
    assert_eq!(error.kind(), ScopeErrorKind::MemberFailed);
    assert_eq!(error.to_string(), "[0] lease failed: the lease was lost");
    assert_eq!(error.failures().first().unwrap().phase(), Phase::Up);
    assert!(poll(pin!(opened.attend())).is_pending(), "each failure is returned once");
    run(opened.close()).unwrap();
}

#[test]
fn attended_by_several() {
    let log = Log::default();
    let ((a, a_dies), (b, b_dies)) = (worker(&log, "a"), worker(&log, "b"));
    let opened = run(Scope::new((a.named("a"), b.named("b"))).open()).unwrap();
    let mut first = Box::pin(opened.attend());
    let mut second = Box::pin(opened.attend());
    let (one, two) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
    let wakers = [Waker::from(Arc::clone(&one)), Waker::from(Arc::clone(&two))];
    assert!(first.as_mut().poll(&mut Context::from_waker(&wakers[0])).is_pending());
    assert!(second.as_mut().poll(&mut Context::from_waker(&wakers[1])).is_pending());
    drop(second); // the last one that polled is gone
    let before = one.0.load(SeqCst);
    a_dies.send(died()).unwrap();
    assert!(one.0.load(SeqCst) > before, "and the other is woken");
    assert_eq!(run(first).to_string(), "[0] a failed: the lease was lost");
    b_dies.send(died()).unwrap();
    assert_eq!(run(opened.attend()).to_string(), "[1] b failed: the lease was lost");
    run(opened.close()).unwrap();
    assert_eq!(log.line(), "a ends, b ends");
}

#[test]
fn attended_on_a_reaper() {
    let log = Log::default();
    let (reaper, tasks) = reaper();
    let (lease, death) = worker(&log, "lease");
    let opened = run(Scope::new(lease.named("lease")).on(&reaper).open()).unwrap();
    let mut driver = tasks.pop().expect("there is work");
    assert_eq!(reaper.pending(), 0, "the task is not counted");
    run(reaper.idle());
    assert!(poll(driver.as_mut()).is_pending());
    death.send(died()).unwrap();
    assert!(poll(driver.as_mut()).is_pending());
    assert_eq!(log.line(), "lease ends", "the task polls the work");
    assert_eq!(run(opened.attend()).to_string(), "lease failed: the lease was lost");
    assert!(poll(driver.as_mut()).is_pending(), "it goes on for the others");
    run(opened.close()).unwrap();
    assert!(poll(driver.as_mut()).is_ready(), "and ends with the exits");
    assert!(poll(driver.as_mut()).is_ready(), "whatever its executor does");
}

#[test]
fn no_task_without_work() {
    let (reaper, tasks) = reaper();
    let opened = run(Scope::new((defer(async |_| Ok(())), ())).on(&reaper).open()).unwrap();
    assert!(tasks.pop().is_none());
    assert!(poll(pin!(opened.attend())).is_pending());
    run(opened.close()).unwrap();
    assert!(tasks.pop().is_none());
}

#[test]
fn death_that_nobody_attended_is_told_by_close() {
    for told in [false, true] {
        let log = Log::default();
        let (lease, death) = worker(&log, "lease");
        let stuck = defer(async |_| Err("it is stuck".into())).named("lock");
        let opened = run(Scope::new((stuck, lease.named("lease"))).open()).unwrap();
        assert!(poll(pin!(opened.attend())).is_pending());
        death.send(died()).unwrap();
        if told {
            run(opened.attend());
        }
        let error = run(opened.close()).unwrap_err();
        let (kind, text) = if told {
            (ScopeErrorKind::Exit, "could not exit [0] lock: it is stuck")
        } else {
            // Law `death-is-first`, whatever is reported of the exits.
            assert_eq!(error.failures().first().unwrap().phase(), Phase::Up);
            let text = "[1] lease failed: the lease was lost; could not exit [0] lock: it is stuck";
            (ScopeErrorKind::MemberFailed, text)
        };
        assert_eq!((error.kind(), &*error.to_string()), (kind, text));
    }
}

/// The exits of the others need it, so it has to be polled while they exit.
#[test]
fn attended_while_members_exit() {
    for is_driven in [None, Some(false), Some(true)] {
        let (ask, mut asked) = futures::channel::mpsc::unbounded::<oneshot::Sender<()>>();
        let server = background(async move |startup| {
            let mut stop = startup.ready(());
            while let futures::future::Either::Left((Some(answer), _)) =
                futures::future::select(futures::StreamExt::next(&mut asked), &mut stop).await
            {
                pend(1).await;
                let _: Result<(), ()> = answer.send(());
            }
            stop.await;
            Ok(())
        });
        let client = defer(async move |_| {
            let (answer, answered) = oneshot::channel();
            ask.unbounded_send(answer)?;
            Ok(answered.await?)
        });
        let scope = Scope::new((server, client).in_order());
        let (reaper, tasks) = reaper();
        if let Some(is_driven) = is_driven {
            let opened = run(scope.on(&reaper).open()).unwrap();
            let driver = tasks.pop().unwrap();
            if is_driven {
                run(join(opened.close(), driver)).0.unwrap();
            } else {
                drop(driver); // as a runtime that ends
                run(opened.close()).unwrap();
            }
        } else {
            run(run(scope.open()).unwrap().close()).unwrap();
        }
    }
}

#[test]
fn members_of_sets_are_attended() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let opened = run(Scope::new(((), ExitStack::new().named("set"))).open()).unwrap();
    run(opened.1.enter(defer(async |_| Ok(())))).unwrap();
    run(opened.1.enter(lease.named("lease"))).unwrap();
    assert!(poll(pin!(opened.attend())).is_pending());
    death.send(died()).unwrap();
    assert_eq!(run(opened.attend()).to_string(), "[1, 1] set/lease failed: the lease was lost");
    run(opened.close()).unwrap();

    let (reaper, tasks) = reaper();
    let (lease, death) = worker(&log, "lease");
    let opened = run(Scope::new(ExitPool::new()).on(&reaper).open()).unwrap();
    let mut driver = tasks.pop().expect("members that work can come");
    assert!(poll(driver.as_mut()).is_pending());
    run(opened.enter(lease.named("lease"))).unwrap();
    death.send(died()).unwrap();
    log.take();
    assert!(poll(driver.as_mut()).is_pending());
    assert_eq!(log.line(), "lease ends");
    assert_eq!(run(opened.attend()).to_string(), "[0] lease failed: the lease was lost");
    run(opened.close()).unwrap();
}

#[test]
fn members_of_chains_are_attended() {
    let log = Log::default();
    let ((a, a_dies), (b, b_dies)) = (worker(&log, "a"), worker(&log, "b"));
    let mut b = Some(b.named("b"));
    let chain = a.named("a").then(move |_| b.take().unwrap());
    let opened = run(Scope::new((chain.boxed(), ())).open()).unwrap();
    assert!(poll(pin!(opened.attend())).is_pending());
    b_dies.send(died()).unwrap();
    assert_eq!(run(opened.attend()).to_string(), "[0, 1] b failed: the lease was lost");
    a_dies.send(died()).unwrap();
    assert_eq!(run(opened.attend()).to_string(), "[0, 0] a failed: the lease was lost");
    run(opened.close()).unwrap();
}

#[test]
fn a_watch_is_attended_until_the_exit() {
    let (kill, killed) = oneshot::channel::<&'static str>();
    let mut killed = Some(killed);
    let watched = defer(async |_| Ok(())).watch(move |()| {
        let killed = killed.take().unwrap();
        async { killed.await.unwrap() }
    });
    let opened = run(Scope::new(watched.named("lease")).open()).unwrap();
    kill.send("it was killed").unwrap();
    assert_eq!(run(opened.attend()).to_string(), "lease failed: it was killed");
    run(opened.close()).unwrap();

    let (alive, gone) = oneshot::channel::<()>();
    let mut alive = Some(alive);
    let watched = defer(async |_| Ok(())).watch(move |()| {
        let alive = alive.take();
        async move {
            pending::<()>().await;
            drop(alive);
            "it lives"
        }
    });
    let opened = run(Scope::new(watched).open()).unwrap();
    let mut gone = pin!(gone);
    assert!(poll(gone.as_mut()).is_pending());
    run(opened.close()).unwrap();
    assert!(poll(gone).is_ready(), "the exit drops it");
}

#[test]
fn dead_while_others_enter_fails_open() {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    death.send(died()).unwrap();
    let slow = background(async |startup| {
        pend(3).await;
        startup.ready(()).await;
        Ok(())
    });
    let error = run(Scope::new((lease.named("lease"), slow)).open()).unwrap_err();
    assert_eq!(error.kind(), ScopeErrorKind::Enter);
    assert_eq!(error.to_string(), "could not enter [0] lease: the lease was lost");
}

#[test]
fn dropped_it_is_exited_with_its_work() {
    let log = Log::default();
    let (lease, _death) = worker(&log, "lease");
    let (reaper, tasks) = reaper();
    let opened = run(Scope::new(lease).on(&reaper).open()).unwrap();
    let mut driver = tasks.pop().unwrap();
    assert!(poll(driver.as_mut()).is_pending());
    drop(opened);
    tasks.run();
    assert_eq!(log.line(), "lease stops Cancelled");
    assert!(poll(driver.as_mut()).is_ready());

    // Without a reaper the work is dropped.
    let (alive, works) = oneshot::channel::<()>();
    let worker = background(async move |startup| {
        let _alive = alive;
        let _stop = startup.ready(());
        pending().await
    });
    let opened = run(Scope::new(worker).open()).unwrap();
    drop(opened);
    assert!(poll(pin!(works)).is_ready());
}
