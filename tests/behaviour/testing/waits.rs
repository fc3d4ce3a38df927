//! What a sweep waits for: wakes from elsewhere, on any runtime; and who waits for the signal.

use super::panic_of;
use futures::channel::oneshot;
use futures::executor::block_on;
use futures::stream::{FuturesUnordered, StreamExt};
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;
use std::thread;
use std::time::Duration;
use withal::testing::{Event::*, Ledger, READY, Script, Signal, sweep_drops, sweep_drops_on, sweep_signals};
use withal::{BoxError, Outcome, Reaper, Resource, ResourceExt, Scope};

const SLOW: Script = Script { enter: READY.pending(2), exit: READY.pending(1) };

/// A body that runs until the signal: each poll before is swept, and the exits that follow the signal are awaited.
#[test]
fn a_body_may_wait_for_the_signal() {
    let ledger = Ledger::new();
    let mut starts = Vec::new();
    let scene = |signal| {
        starts.push(ledger.events());
        Scope::new((ledger.member(0, SLOW), ledger.member(1, SLOW)))
            .until(signal)
            .run(async |_| pending::<Result<(), BoxError>>().await)
    };
    // Two polls of the enters, one in which the body begins; the signal comes with the fourth, and an exit is pending
    // once.
    assert_eq!(block_on(sweep_signals(&ledger, scene)), 5);
    assert!(ledger.events().contains(&ExitStarted(0, withal::OutcomeKind::Cancelled)));
    // Twice undisturbed, and from poll 0, 1, 2 and 3 on, the last of which is as undisturbed.
    assert_eq!(starts.len(), 6);
}

/// The same where somebody could wake it, and does not.
#[test]
fn a_body_may_listen_until_the_signal() {
    let ledger = Ledger::new();
    ledger.set_patience(Duration::from_millis(20));
    let scene = |signal| {
        let (never, heard) = oneshot::channel::<()>();
        let scope = Scope::new(ledger.member(0, SLOW)).until(signal).run(async move |_| {
            heard.await?;
            Ok::<_, BoxError>(())
        });
        async move {
            let _never = never;
            scope.await
        }
    };
    assert_eq!(block_on(sweep_signals(&ledger, scene)), 5);
}

/// Where the signal is not polled along with the rest, it is woken: when it is ready, and when nobody else is.
#[test]
fn a_signal_wakes() {
    let ledger = Ledger::new();
    for others in [1, 5] {
        let seen = Mutex::new(Vec::new());
        let scene = |signal: Signal| {
            let (ledger, seen) = (&ledger, &seen);
            async move {
                // Polls those alone who were woken.
                let mut polls = FuturesUnordered::new();
                polls.push(futures::future::Either::Left(signal));
                polls.push(futures::future::Either::Right(async {
                    ledger.pend(others).await;
                    pending::<()>().await;
                }));
                let mut count = 0;
                poll_fn(|cx| {
                    count += 1;
                    polls.poll_next_unpin(cx)
                })
                .await;
                seen.lock().unwrap().push(count);
            }
        };
        ledger.set_patience(Duration::from_millis(20));
        let polls = block_on(sweep_signals(&ledger, scene));
        assert!(polls > 1);
        // Twice with no other signal than the one that comes in the end, and then in each poll.
        let each: Vec<_> = [polls, polls].into_iter().chain(1..=polls).collect();
        assert_eq!(seen.into_inner().unwrap(), each);
    }
}

/// A signal that is dropped is not waited for, and is none that could come.
#[test]
fn a_dropped_signal_comes_no_more() {
    let ledger = Ledger::new();
    let scene = |signal: Signal| async move {
        let mut signal = Box::pin(signal);
        assert!(poll_fn(|cx| Poll::Ready(signal.as_mut().poll(cx))).await.is_pending());
        drop(signal);
        pending::<()>().await;
    };
    let told = panic_of(|| block_on(sweep_signals(&ledger, scene)));
    assert!(told.starts_with("undisturbed: the scene is pending after 1 polls, and nobody is left"), "{told}");
}

/// A wait goes on as long as something happens. It is woken when it would be over, and looks.
#[test]
fn a_wait_is_not_over_while_something_happens() {
    let ledger = Ledger::new();
    ledger.set_patience(Duration::from_millis(1));
    let (sender, mut polls) = (Mutex::new(None), 0);
    let scene = || {
        let (done, heard) = oneshot::channel::<()>();
        *sender.lock().unwrap() = Some(done);
        heard
    };
    let mut sweep = pin!(sweep_drops(&ledger, scene));
    let swept = block_on(poll_fn(|cx| {
        polls += 1;
        ledger.record(BodyStarted);
        if polls % 5 == 0 {
            *sender.lock().unwrap() = None;
        }
        sweep.as_mut().poll(cx)
    }));
    assert_eq!(swept, 2);
    assert!(polls >= 15, "of three scenes that end: {polls}");
}

/// Wakes come from another thread, in its own time.
struct Threaded;

fn elsewhere() -> oneshot::Receiver<()> {
    let (done, heard) = oneshot::channel();
    thread::spawn(move || {
        thread::yield_now();
        let _ = done.send(());
    });
    heard
}

impl Resource for Threaded {
    type Guard = ();
    type Error = oneshot::Canceled;

    async fn enter(&mut self) -> Result<(), oneshot::Canceled> {
        elsewhere().await?;
        elsewhere().await
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), oneshot::Canceled> {
        elsewhere().await
    }
}

/// How many polls it takes is chance: nothing is made of that, and the sweep goes to the end.
async fn sweep(reaper: Reaper) {
    let ledger = Ledger::new();
    let members = || (ledger.watch(0, Threaded), ledger.watch(1, Threaded));
    let body = async |_: &mut _| Ok::<_, BoxError>(elsewhere().await?);
    for _ in 0..5 {
        sweep_drops(&ledger, || Scope::new(members()).run(body)).await;
        sweep_drops_on(&ledger, &reaper, || Scope::new(members()).on(&reaper).run(body)).await;
        sweep_signals(&ledger, |signal| Scope::new(members()).until(signal).run(body)).await;
    }
    let body = async |_: &mut _| pending::<Result<(), BoxError>>().await;
    sweep_signals(&ledger, |signal| Scope::new(members()).until(signal).run(body)).await;
}

#[test]
fn on_tokio() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    runtime.block_on(sweep(Reaper::new(move |task| drop(handle.spawn(task)))));
}

#[test]
fn on_smol() {
    smol::block_on(sweep(Reaper::new(|task| smol::spawn(task).detach())));
}

#[test]
fn on_no_runtime() {
    block_on(sweep(Reaper::new(|task| drop(thread::spawn(|| block_on(task))))));
}

/// Whatever drives a group: each poll has a waker of its own, and none of them keeps an earlier one.
#[test]
fn groups_of_any_size() {
    let ledger = Ledger::new();
    let list = |from, count| (from..from + count).map(|id| ledger.member(id, SLOW)).collect::<Vec<_>>();
    let threaded = |from| [from, from + 1].map(|id| ledger.watch(id, Threaded));
    let members = || ((list(0, 40), list(100, 6).limit(2), threaded(200)), (threaded(300), list(400, 600)));
    let body = async |_: &mut _| Ok::<_, BoxError>(elsewhere().await?);
    block_on(async {
        sweep_drops(&ledger, || Scope::new(members()).run(body)).await;
        sweep_signals(&ledger, |signal| Scope::new(members()).until(signal).run(body)).await;
    });
    let members = || (list(0, 40), list(100, 6).limit(2), [list(200, 3), list(300, 5)]);
    let body = async |_: &mut _| pending::<Result<(), BoxError>>().await;
    ledger.set_patience(Duration::from_millis(20));
    let polls = block_on(sweep_signals(&ledger, |signal| Scope::new(members()).until(signal).run(body)));
    assert!(polls > 8, "{polls}");
}

/// Timers of a runtime, real and paused.
#[test]
fn with_timers() {
    let sweep = async || {
        let ledger = Ledger::new();
        let scene = || {
            let body = async |_: &mut _| {
                let elapsed = tokio::time::timeout(Duration::from_millis(1), pending::<()>()).await;
                assert!(elapsed.is_err());
                Ok::<_, BoxError>(())
            };
            Scope::new(ledger.member(0, SLOW)).run(body)
        };
        sweep_drops(&ledger, scene).await
    };
    let runtime = |paused| tokio::runtime::Builder::new_current_thread().enable_time().start_paused(paused).build();
    assert!(runtime(false).unwrap().block_on(sweep()) >= 4);
    assert_eq!(runtime(true).unwrap().block_on(sweep()), 5);
}

/// Sweeps of what can be spawned can be spawned.
#[test]
fn sweeps_are_send() {
    fn is_send(_: impl Send) {}
    let (ledger, reaper) = (Ledger::new(), Reaper::new(drop));
    is_send(sweep_drops(&ledger, || async {}));
    is_send(sweep_drops_on(&ledger, &reaper, || async {}));
    is_send(sweep_signals(&ledger, |signal| signal));
    is_send(ledger.body(async {}));
}

/// Polled by hand, it goes on as what it polls is woken by hand.
#[test]
fn by_hand() {
    let ledger = Ledger::new();
    let mut sweep = pin!(sweep_drops(&ledger, || ledger.pend(1)));
    let polls = (1..100).find(|_| ledger.poll(sweep.as_mut()).is_ready());
    // Twice undisturbed and once in the end it takes two polls.
    assert_eq!(polls, Some(4));
}
