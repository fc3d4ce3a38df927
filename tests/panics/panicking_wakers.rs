//! Law `panic-anywhere`: wakers are foreign code, too. None is cloned, woken or dropped under a lock, and one that
//! panics keeps nobody else from what is his.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};
use std::time::Duration;
use withal::{BoxError, MemberPanic, Outcome, OutcomeKind, Reaper, Resource, ResourceExt, Scope, around};
use withal_common::{caught, poll, quiet_panic};

/// What can be done to a waker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    Clone,
    Wake,
    Drop,
}

type Act = dyn Fn(Does) + Send + Sync;
type Shared = Arc<Box<Act>>;

/// A waker that does something whenever it is cloned, woken or dropped.
pub fn waker_that(act: impl Fn(Does) + Send + Sync + 'static) -> Waker {
    const TABLE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            // SAFETY: each of these is made from an `Arc` that a waker owns until it is woken or dropped.
            unsafe {
                (*data.cast::<Box<Act>>())(Does::Clone);
                Arc::increment_strong_count(data.cast::<Box<Act>>());
            }
            RawWaker::new(data, &TABLE)
        },
        // SAFETY: as above; the waker is gone.
        |data| unsafe { Arc::from_raw(data.cast::<Box<Act>>())(Does::Wake) },
        // SAFETY: as above.
        |data| unsafe { (*data.cast::<Box<Act>>())(Does::Wake) },
        // SAFETY: as above; the waker is gone.
        |data| unsafe { Arc::from_raw(data.cast::<Box<Act>>())(Does::Drop) },
    );
    let act: Shared = Arc::new(Box::new(act));
    // SAFETY: the functions of the table keep to the contract of a waker, and the data can be sent and shared.
    unsafe { Waker::from_raw(RawWaker::new(Arc::into_raw(act).cast(), &TABLE)) }
}

/// Runs what would hang for ever if a lock were taken twice.
fn in_time(test: impl FnOnce() + Send + 'static) {
    let (done, waits) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        test();
        done.send(()).unwrap();
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = waits.recv_timeout(Duration::from_secs(60)) {
        panic!("it hangs");
    }
    thread.join().unwrap();
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A reaper, and the task of a scope that it has to finish.
fn left() -> (Reaper, Task) {
    let (tasks, queue) = mpsc::channel();
    let reaper = Reaper::new(move |task| tasks.send(task).unwrap());
    let mut scope = Box::pin(Scope::new(()).on(&reaper).run(async |()| pending::<Result<(), BoxError>>().await));
    assert!(poll(scope.as_mut()).is_pending());
    drop(scope);
    (reaper, queue.recv().unwrap())
}

#[test]
fn idle_wakes_all_though_some_wakers_panic() {
    let (reaper, mut task) = left();
    let woken = Arc::new(AtomicUsize::new(0));
    let mut waits: Vec<_> = (0..6).map(|_| Box::pin(reaper.idle())).collect();
    for (i, idle) in waits.iter_mut().enumerate() {
        let woken = Arc::clone(&woken);
        let waker = waker_that(move |does| {
            if does == Does::Wake {
                woken.fetch_add(1, SeqCst);
                if i % 2 == 1 {
                    quiet_panic(i);
                }
            }
        });
        assert!(idle.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    let panic = caught(|| poll(task.as_mut()).is_ready()).unwrap();
    assert_eq!((panic.downcast_ref(), woken.load(SeqCst), reaper.pending()), (Some(&1_usize), 6, 0));
    assert!(waits.iter_mut().all(|idle| poll(idle.as_mut()).is_ready()));
}

#[test]
fn idle_with_wakers_that_ask_the_reaper() {
    in_time(|| {
        let (reaper, mut task) = left();
        let asked = Arc::new(Mutex::new(Vec::new()));
        for _ in 0..2 {
            let mut idle = pin!(reaper.idle());
            for _ in 0..2 {
                let (asks, log) = (reaper.clone(), Arc::clone(&asked));
                let waker = waker_that(move |does| {
                    assert!(asks.pending() <= 1);
                    assert_eq!(poll(pin!(asks.idle())).is_ready(), asks.pending() == 0);
                    log.lock().unwrap().push(does);
                });
                assert!(idle.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            }
            asked.lock().unwrap().push(Does::Drop); // marks the end of the polls
        }
        let (asks, log) = (reaper.clone(), Arc::clone(&asked));
        let waker = waker_that(move |does| {
            let _ = asks.pending();
            log.lock().unwrap().push(does);
        });
        let mut idle = pin!(reaper.idle());
        assert!(idle.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(poll(task.as_mut()).is_ready());
        assert!(poll(idle).is_ready());
        let asked = asked.lock().unwrap();
        assert!([Does::Clone, Does::Wake, Does::Drop].iter().all(|does| asked.contains(does)), "{asked:?}");
    });
}

/// Wherever a waker panics, whoever waits beside it or after it is woken.
#[test]
fn idle_with_wakers_that_panic() {
    for at in [Does::Clone, Does::Wake, Does::Drop] {
        let (reaper, mut task) = left();
        let (mut beside, mut bad) = (Box::pin(reaper.idle()), Some(Box::pin(reaper.idle())));
        let woken = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&woken);
        let good = waker_that(move |does| {
            counts.fetch_add(usize::from(does == Does::Wake), SeqCst);
        });
        let armed = Arc::new(AtomicUsize::new(0));
        let fuse = Arc::clone(&armed);
        let waker = waker_that(move |does| {
            if does == at && fuse.load(SeqCst) > 0 {
                quiet_panic("waker");
            }
        });
        let mut poll_bad = || {
            let bad = bad.as_mut().unwrap().as_mut();
            catch_unwind(AssertUnwindSafe(|| bad.poll(&mut Context::from_waker(&waker)).is_ready()))
        };
        assert!(poll_bad().is_ok());
        assert!(beside.as_mut().poll(&mut Context::from_waker(&good)).is_pending());
        armed.store(1, SeqCst);
        assert_eq!(poll_bad().is_err(), at != Does::Wake, "{at:?}");
        let outer = catch_unwind(AssertUnwindSafe(|| {
            let _dropped = if at == Does::Wake { None } else { bad.take() }; // while another panic unwinds
            quiet_panic::<&str>("outer")
        }));
        assert_eq!(outer.map(|(): ()| ()).unwrap_err().downcast_ref(), Some(&"outer"));
        let ended = catch_unwind(AssertUnwindSafe(|| poll(task.as_mut()).is_ready()));
        assert_eq!(ended.is_err(), at == Does::Wake, "{at:?}");
        assert_eq!((woken.load(SeqCst), reaper.pending()), (1, 0), "{at:?}");
        assert!(poll(beside.as_mut()).is_ready());
        armed.store(0, SeqCst);
    }
}

/// Is woken with a panic, or drops something when it is dropped.
struct Holding {
    _owned: Mutex<Option<Task>>,
    panics: bool,
}

impl Holding {
    fn waker(owned: Option<Task>, panics: bool) -> Waker {
        Waker::from(Arc::new(Self { _owned: Mutex::new(owned), panics }))
    }
}

impl Wake for Holding {
    fn wake(self: Arc<Self>) {
        if self.panics {
            quiet_panic("wake");
        }
    }
}

/// A waker can own what waits at the other end, as that of a task owns the task.
#[test]
fn lend_with_a_waker_that_owns_the_scope() {
    in_time(|| {
        let (outside, inside) = mpsc::channel();
        let member = around(async move |lend| {
            outside.send(lend).unwrap();
            pending::<Result<(), BoxError>>().await
        });
        let mut scope = Box::pin(member.scope(async |(): &mut ()| pending::<Result<(), BoxError>>().await));
        assert!(poll(scope.as_mut()).is_pending());
        let mut lending = Box::pin(inside.recv().unwrap().lend(()));
        assert!(poll(lending.as_mut()).is_pending());
        assert!(poll(scope.as_mut()).is_pending());
        let owned: Task = Box::pin(async move { drop(scope.await) });
        let waker = Holding::waker(Some(owned), false);
        assert!(lending.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        let _ = poll(lending.as_mut()); // which drops the last waker that owns the scope, and that gives the guard back
    });
}

/// A waker that panics when the guard is back does not keep the function from its exit.
#[test]
fn lend_back_with_a_waker_that_panics() {
    let out = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&out);
    let member = around(async move |lend| {
        let ((), kind) = lend.lend(()).await;
        *seen.lock().unwrap() = Some(kind);
        Ok(())
    });
    let mut steps = 0;
    let body = async move |(): &mut ()| {
        std::future::poll_fn(|_| {
            steps += 1;
            if steps == 2 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        Ok::<_, BoxError>(())
    };
    let mut scope = Box::pin(Scope::new(member).report(body));
    let waker = Holding::waker(None, true);
    assert!(scope.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let Poll::Ready(report) = poll(scope.as_mut()) else { panic!("it hangs") };
    assert_eq!(*out.lock().unwrap(), Some(OutcomeKind::Completed));
    assert_eq!(report.failures.len(), 1);
    let panic = report.failures.first().unwrap().error().downcast_ref::<MemberPanic>().unwrap();
    assert_eq!(panic.message(), "wake");
}

/// Its enter never ends.
struct Hangs;

impl Resource for Hangs {
    type Guard = ();
    type Error = BoxError;

    async fn enter(&mut self) -> Result<(), BoxError> {
        pending().await
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), BoxError> {
        Ok(())
    }
}

/// Enters that hang are stopped by the signal, each of them: one waker that panics does not leave the others to the
/// task.
#[test]
fn a_signal_stops_all_though_a_waker_panics() {
    let (tasks, queue) = mpsc::channel();
    let reaper = Reaper::new(move |task| tasks.send(task).unwrap());
    let hang = || (Hangs, ()).fail_fast();
    let mut polled = 0;
    let signal = std::future::poll_fn(move |_| {
        polled += 1;
        if polled == 3 { Poll::Ready(()) } else { Poll::Pending }
    });
    let scope = Scope::new((hang(), hang(), hang())).until(signal).on(&reaper);
    let mut scope = Box::pin(scope.run(async |_| Ok::<_, BoxError>(())));
    let waker = waker_that(|does| {
        if does == Does::Wake {
            quiet_panic("wake");
        }
    });
    let mut polls = (0..5)
        .map(|_| catch_unwind(AssertUnwindSafe(|| scope.as_mut().poll(&mut Context::from_waker(&waker)).is_ready())));
    assert!(polls.any(|polled| polled.is_err()));
    drop(scope);
    let mut task = queue.try_recv().expect("it goes on at the reaper's");
    assert!((0..10).any(|_| poll(task.as_mut()).is_ready()), "it hangs");
    assert_eq!(reaper.pending(), 0);
}
