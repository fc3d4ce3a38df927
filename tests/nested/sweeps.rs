//! Three levels with five members: a signal, or a drop, before each poll.

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{BoxFuture, join, join_all};
use std::sync::{Arc, Mutex};
use withal::testing::{Event, Ledger, READY, Script, Scripted};
use withal::{OnDrop, Reaper, Scope};
use withal_common::Task;

/// The reapers of the outermost scope, and of those within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reapers {
    None,
    One,
    Two,
}

/// How the scene ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Signal,
    Drop,
    /// A signal, and a drop so many polls later.
    SignalThenDrop(usize),
}

const SLOW: Script = Script { enter: READY.pending(1), exit: READY.pending(2) };

type Queue = Arc<Mutex<Vec<Task>>>;

fn queue() -> (Reaper, Queue) {
    let tasks = Queue::default();
    let queue = Arc::clone(&tasks);
    (Reaper::new(move |task| queue.lock().unwrap().push(task)), tasks)
}

/// Runs a scope, with the reaper or without.
fn scope<'a, F>(
    members: Vec<Scripted>,
    reaper: Option<&Reaper>,
    signal: Option<oneshot::Receiver<()>>,
    body: F,
) -> BoxFuture<'a, anyhow::Result<()>>
where
    F: AsyncFnOnceSend<'a>,
{
    fn run<'a, D: OnDrop<Vec<Scripted>> + 'a>(
        scope: Scope<Vec<Scripted>, withal::NoSignal, D>,
        signal: Option<oneshot::Receiver<()>>,
        body: BoxFuture<'a, anyhow::Result<()>>,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        match signal {
            Some(signal) => scope.until(signal).run(async move |_| body.await).boxed(),
            None => scope.run(async move |_| body.await).boxed(),
        }
    }
    let scope = Scope::new(members);
    match reaper {
        Some(reaper) => run(scope.on(reaper), signal, body.call()),
        None => run(scope, signal, body.call()),
    }
}

/// A body that makes a future which can be sent.
trait AsyncFnOnceSend<'a> {
    fn call(self) -> BoxFuture<'a, anyhow::Result<()>>;
}

impl<'a, F: Future<Output = anyhow::Result<()>> + Send + 'a> AsyncFnOnceSend<'a> for F {
    fn call(self) -> BoxFuture<'a, anyhow::Result<()>> {
        self.boxed()
    }
}

/// `0` around `1` and `4`; `2` and `3` within `1`.
fn scene<'a>(
    ledger: &'a Ledger,
    outer: Option<&'a Reaper>,
    inner: Option<&'a Reaper>,
    signal: oneshot::Receiver<()>,
) -> BoxFuture<'a, anyhow::Result<()>> {
    let members = |ids: &[usize]| ids.iter().map(|id| ledger.member(*id, SLOW)).collect::<Vec<_>>();
    let waits = async |times: usize| {
        ledger.pend(times).await;
        anyhow::Ok(())
    };
    let left = scope(members(&[1]), inner, None, scope(members(&[2, 3]), inner, None, async move { waits(2).await }));
    let right = scope(members(&[4]), inner, None, async move {
        ledger.pend(3).await;
        anyhow::Ok(())
    });
    let both = async move {
        let (left, right) = join(left, right).await;
        left.and(right)
    };
    scope(members(&[0]), outer, Some(signal), both)
}

/// Returns what happened when the scene ended so before its poll `at`, and whether that poll was there.
fn events(reapers: Reapers, end: End, at: usize) -> (Vec<Event>, bool) {
    let ledger = Ledger::new();
    let ((one, tasks), (two, others)) = (queue(), queue());
    let (outer, inner) = match reapers {
        Reapers::None => (None, None),
        Reapers::One => (Some(&one), Some(&one)),
        Reapers::Two => (Some(&one), Some(&two)),
    };
    let (fire, fired) = oneshot::channel();
    let mut scene = scene(&ledger, outer, inner, fired);
    let mut is_over = false;
    for _ in 0..at {
        is_over = is_over || ledger.poll(scene.as_mut()).is_ready();
    }
    let was_there = !is_over;
    if end != End::Drop {
        fire.send(()).ok();
    }
    let more = match end {
        End::Signal => usize::MAX,
        End::Drop => 0,
        End::SignalThenDrop(more) => more,
    };
    for _ in 0..more {
        is_over = is_over || ledger.poll(scene.as_mut()).is_ready();
        if is_over {
            break;
        }
    }
    drop(scene);
    // As a runtime does it, side by side.
    let tasks: Vec<_> = tasks.lock().unwrap().drain(..).chain(others.lock().unwrap().drain(..)).collect();
    futures::executor::block_on(join_all(tasks));
    assert_eq!(one.pending() + two.pending(), 0);
    (ledger.events(), was_there)
}

fn check_once(events: &[Event], label: &str) {
    for id in 0..5 {
        let count = |is: &dyn Fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
        let entered = count(&|event| matches!(event, Event::Entered(other) if *other == id));
        let begun = count(&|event| matches!(event, Event::ExitStarted(other, _) if *other == id));
        let abandoned = count(&|event| matches!(event, Event::Abandoned(other) if *other == id));
        assert_eq!(entered, begun + abandoned, "member {id}, {label}: {events:?}");
    }
}

fn check_none_abandoned(events: &[Event], label: &str) {
    let abandoned = |event: &Event| matches!(event, Event::Abandoned(_));
    assert!(!events.iter().any(abandoned), "{label}: {events:?}");
    for id in 0..5 {
        let begun = events.iter().any(|event| matches!(event, Event::ExitStarted(other, _) if *other == id));
        let out = events.iter().any(|event| matches!(event, Event::Exited(other) if *other == id));
        assert_eq!(begun, out, "member {id}, {label}: {events:?}");
    }
}

fn check_order(events: &[Event], label: &str) {
    let begun = |id| events.iter().position(|event| matches!(event, Event::ExitStarted(other, _) if *other == id));
    let out = |id| events.iter().position(|event| matches!(event, Event::Exited(other) if *other == id));
    for (outer, inner) in [(0, 1), (0, 4), (1, 2), (1, 3), (0, 2), (0, 3)] {
        if let (Some(begun), Some(out)) = (begun(outer), out(inner)) {
            assert!(out < begun, "{inner} within {outer}, {label}: {events:?}");
        }
    }
}

fn sweep(end: End, check: impl Fn(Reapers, &[Event], &str)) {
    for reapers in [Reapers::None, Reapers::One, Reapers::Two] {
        let mut last = false;
        for at in 0..40 {
            let (events, was_there) = events(reapers, end, at);
            let label = format!("{reapers:?}, {end:?} before poll {at}");
            check_once(&events, &label);
            check(reapers, &events, &label);
            last = was_there;
        }
        assert!(!last, "the scene ends within these polls");
    }
}

/// Laws `nested-until`, `exactly-once`.
#[test]
fn signal_before_each_poll() {
    sweep(End::Signal, |_, events, label| {
        check_none_abandoned(events, label);
        check_order(events, label);
    });
}

/// Laws `nested-reap`, `drop-any-time`.
#[test]
fn drop_before_each_poll() {
    sweep(End::Drop, |reapers, events, label| {
        if reapers != Reapers::None {
            check_none_abandoned(events, label);
        }
        if reapers == Reapers::One {
            check_order(events, label);
        }
    });
}

/// Laws `nested-reap`, `exactly-once`.
#[test]
fn drop_after_a_signal_at_each_poll() {
    for more in 1..12 {
        sweep(End::SignalThenDrop(more), |reapers, events, label| {
            if reapers != Reapers::None {
                check_none_abandoned(events, label);
            }
            if reapers == Reapers::One {
                check_order(events, label);
            }
        });
    }
}
