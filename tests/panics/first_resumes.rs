//! Law `panic-anywhere`: of all the panics of a scope that is dropped, the one that was caught first resumes, wherever
//! each of them comes from, at whatever poll, and whatever becomes of the task of a reaper.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use withal::{BoxError, Outcome, Reaper, Resource, ResourceExt, Scope};
use withal_common::{caught, poll, quiet_panic};

/// Every place of the user's that panics here. The signal does at one of its polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Site {
    SignalPoll(u8),
    SignalDrop,
    BodyPoll,
    BodyDrop,
    ValueDrop,
    EnterPoll,
    ExitPoll,
    ExitDrop,
    Abandon,
    ResourceDrop,
    Spawner,
    SpawnerDrop,
}

const SITES: [Site; 15] = [
    Site::SignalPoll(0),
    Site::SignalPoll(1),
    Site::SignalPoll(2),
    Site::SignalPoll(4),
    Site::SignalDrop,
    Site::BodyPoll,
    Site::BodyDrop,
    Site::ValueDrop,
    Site::EnterPoll,
    Site::ExitPoll,
    Site::ExitDrop,
    Site::Abandon,
    Site::ResourceDrop,
    Site::Spawner,
    Site::SpawnerDrop,
];

/// What is to panic, and what did, in that order.
#[derive(Clone)]
struct Bombs {
    armed: [Site; 2],
    log: Arc<Mutex<Vec<Site>>>,
}

impl Bombs {
    fn new(armed: [Site; 2]) -> Self {
        Self { armed, log: Arc::default() }
    }

    fn at(&self, site: Site) {
        if self.armed.contains(&site) {
            self.log.lock().unwrap().push(site);
            quiet_panic(site);
        }
    }
}

/// Panics when it is dropped, if it is armed.
struct Bomb(Bombs, Site);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.at(self.1);
    }
}

/// The value that a body returns. It panics when it is dropped, if it is armed, but not in another panic: it is in the
/// body's future until the body ends.
struct Value(Bombs);

impl Drop for Value {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.0.at(Site::ValueDrop);
        }
    }
}

/// Is ready at a poll, or never, and panics at another one.
struct Steps<T> {
    bomb: Bomb,
    polled: u8,
    panics_at: fn(u8) -> Option<Site>,
    ready: Option<(u8, T)>,
}

impl<T: Unpin> Future for Steps<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        let now = self.polled;
        self.polled += 1;
        if let Some(site) = (self.panics_at)(now) {
            self.bomb.0.at(site);
        }
        self.ready.take_if(|(at, _)| *at == now).map_or(Poll::Pending, |(_, output)| Poll::Ready(output))
    }
}

/// One that panics wherever it is armed, or one that only takes its time.
struct Member {
    bombs: Bombs,
    panics: bool,
}

impl Member {
    fn at(&self, site: Site) {
        if self.panics {
            self.bombs.at(site);
        }
    }

    fn steps(&self, drop: Option<Site>, panics_at: fn(u8) -> Option<Site>, ready: u8) -> Steps<Result<(), BoxError>> {
        let none = Bombs::new([Site::Spawner; 2]);
        let bombs = if self.panics { self.bombs.clone() } else { none };
        // A place that is never armed stands for none.
        let bomb = Bomb(bombs, drop.unwrap_or(Site::SignalPoll(u8::MAX)));
        Steps { bomb, polled: 0, panics_at, ready: Some((ready, Ok(()))) }
    }
}

impl Resource for Member {
    type Guard = ();
    type Error = BoxError;

    fn enter(&mut self) -> impl Future<Output = Result<(), BoxError>> + Send {
        self.steps(None, |polled| (polled == 1).then_some(Site::EnterPoll), 1)
    }

    fn exit(&mut self, (): (), _: Outcome<'_>) -> impl Future<Output = Result<(), BoxError>> + Send {
        self.steps(Some(Site::ExitDrop), |polled| (polled == 1).then_some(Site::ExitPoll), 2)
    }

    fn abandon(&mut self, (): ()) {
        self.at(Site::Abandon);
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.at(Site::ResourceDrop);
    }
}

/// What becomes of the task of a reaper. None is run: all its panics are found where the scope is dropped.
#[derive(Clone, Copy, Debug)]
enum Spawner {
    Refuses,
    Drops,
    PanicsThen,
    PanicsWithIt,
    /// It is dropped with the spawner, which owns it.
    OwnsIt,
}

fn reaper(what: Spawner, bombs: &Bombs) -> Reaper {
    let owned = (Mutex::new(Vec::new()), Bomb(bombs.clone(), Site::SpawnerDrop));
    Reaper::try_new(move |task| {
        let owned = &owned; // both are dropped in this order
        let (queue, bomb) = owned;
        match what {
            Spawner::Refuses => return Err(task),
            Spawner::Drops => drop(task),
            Spawner::PanicsThen => {
                drop(task);
                bomb.0.at(Site::Spawner);
            }
            Spawner::PanicsWithIt => {
                // A panic that passes through code of the user's is caught after what that does meanwhile.
                let _log_last = LogLast(&bomb.0);
                let _task = task;
                bomb.0.at(Site::Spawner);
            }
            Spawner::OwnsIt => queue.lock().unwrap().push(task),
        }
        Ok(())
    })
}

struct LogLast<'a>(&'a Bombs);

impl Drop for LogLast<'_> {
    fn drop(&mut self) {
        let mut log = self.0.log.lock().unwrap();
        if let Some(at) = log.iter().position(|site| *site == Site::Spawner) {
            let site = log.remove(at);
            log.push(site);
        }
    }
}

/// Polls a scope so often, drops it, and checks what resumes. False if it was over before.
fn check(bombs: &Bombs, polls: usize, scope: impl Future, what: &dyn std::fmt::Debug) -> bool {
    let mut scope = Box::pin(scope);
    for _ in 0..polls {
        if let Poll::Ready(report) = poll(scope.as_mut()) {
            std::mem::forget(report); // its value can panic
            return false;
        }
    }
    let resumed = caught(|| drop(scope)).map(|payload| *payload.downcast::<Site>().unwrap());
    let log = bombs.log.lock().unwrap();
    assert_eq!(resumed, log.first().copied(), "{what:?}, dropped after {polls} polls: {log:?}");
    true
}

/// All pairs in one shape.
macro_rules! check_pairs {
    (|$bombs:ident| $scope:expr, $what:expr) => {
        for (i, one) in SITES.into_iter().enumerate() {
            for other in SITES.into_iter().skip(i) {
                for polls in 1.. {
                    let $bombs = Bombs::new([one, other]);
                    let scope = $scope;
                    let (fut, body, value) =
                        ($bombs.clone(), Bomb($bombs.clone(), Site::BodyDrop), Value($bombs.clone()));
                    let signal = Steps {
                        bomb: Bomb(fut.clone(), Site::SignalDrop),
                        polled: 0,
                        panics_at: |polled| Some(Site::SignalPoll(polled)),
                        ready: None::<(u8, ())>,
                    };
                    let scope = scope.until(signal).report(move |_: &mut _| Steps {
                        bomb: body,
                        polled: 0,
                        panics_at: |polled| (polled == 2).then_some(Site::BodyPoll),
                        ready: Some((3, Ok::<_, BoxError>(value))),
                    });
                    if !check(&fut, polls, scope, &($what, one, other)) {
                        break;
                    }
                }
            }
        }
    };
}

fn member(bombs: &Bombs) -> Member {
    Member { bombs: bombs.clone(), panics: true }
}

fn slow(bombs: &Bombs) -> Member {
    Member { bombs: bombs.clone(), panics: false }
}

#[test]
fn the_first_of_two_panics_resumes_in_a_dropped_scope() {
    check_pairs!(|bombs| Scope::new(member(&bombs)), "alone");
    check_pairs!(|bombs| Scope::new((slow(&bombs), member(&bombs))), "behind another");
    check_pairs!(|bombs| Scope::new((member(&bombs), slow(&bombs))), "before another");
    check_pairs!(|bombs| Scope::new((member(&bombs), slow(&bombs)).in_order()), "before another, in order");
}

#[test]
fn the_first_of_two_panics_resumes_in_a_scope_that_a_reaper_cannot_finish() {
    let spawners = [Spawner::Refuses, Spawner::Drops, Spawner::PanicsThen, Spawner::PanicsWithIt, Spawner::OwnsIt];
    for what in spawners {
        check_pairs!(|bombs| Scope::new((slow(&bombs), member(&bombs))).on(&reaper(what, &bombs)), what);
        check_pairs!(|bombs| Scope::new((member(&bombs), slow(&bombs)).in_order()).on(&reaper(what, &bombs)), what);
    }
}

/// What a task holds that is dropped when its scope is gone resumes there, the body's panic first, which nobody heard
/// of.
#[test]
fn the_first_of_two_panics_resumes_in_a_dropped_task() {
    let bombs = Bombs::new([Site::BodyPoll, Site::ResourceDrop]);
    let (tasks, queue) = std::sync::mpsc::channel();
    let reaper = Reaper::new(move |task| tasks.send(task).unwrap());
    let body = Bomb(bombs.clone(), Site::BodyDrop);
    let scope = Scope::new(member(&bombs)).on(&reaper).report(move |(): &mut ()| Steps {
        bomb: body,
        polled: 0,
        panics_at: |_| Some(Site::BodyPoll),
        ready: None::<(u8, Result<(), BoxError>)>,
    });
    let mut scope = Box::pin(scope);
    assert!((0..3).all(|_| poll(scope.as_mut()).is_pending()));
    drop(scope);
    let resumed = caught(|| drop(queue.recv().unwrap())).unwrap();
    assert_eq!(resumed.downcast_ref(), Some(&Site::BodyPoll));
    assert_eq!((bombs.log.lock().unwrap().len(), reaper.pending()), (2, 0));
}

/// A spawner that panics when the scope drops it, as that has the last handle, is blamed by its name, and for nobody
/// else.
#[test]
fn a_spawner_that_panics_when_a_scope_that_ends_drops_it() {
    for fired in [false, true] {
        let bombs = Bombs::new([Site::SpawnerDrop; 2]);
        let signal = async move {
            if !fired {
                std::future::pending::<()>().await;
            }
        };
        let scope = Scope::new(()).until(signal).on(&reaper(Spawner::Refuses, &bombs));
        let mut scope = Box::pin(scope.report(async |()| Ok::<_, BoxError>(())));
        let Poll::Ready(report) = poll(scope.as_mut()) else { panic!("it hangs") };
        assert!(report.panic.is_none());
        assert_eq!(report.failures.to_string(), "could not exit reaper: panicked: a payload that is no text");
    }
}
