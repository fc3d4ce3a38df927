//! One scene, polled by a sweep.

use super::event::{Event, in_flight};
use super::ledger::Ledger;
use super::signal::Fuse;
use super::wakes::{OnePoll, Wakes};
use super::watchdog::Watchdog;
use crate::unwind::{catch, discard};
use std::borrow::ToOwned;
use std::boxed::Box;
use std::format;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::string::String;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::vec::Vec;

/// Whether a signal came in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fired {
    #[default]
    Never,
    /// In the poll that it was to come in.
    Counted,
    /// When nothing else woke the scene.
    Forced,
}

/// The result of a scene.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) polls: usize,
    /// Whether it ended by itself.
    pub(super) ended: bool,
    /// The message of the panic with which it ended.
    pub(super) panicked: Option<String>,
    pub(super) fired: Fired,
    /// Whether it was woken only from within its polls, so that nothing else determines their number.
    pub(super) steady: bool,
    /// The events until it was dropped, or until the signal was ready.
    pub(super) events: Vec<Event>,
    /// The number of events after each poll until then.
    pub(super) marks: Vec<usize>,
}

/// A scene that is polled.
struct SceneDriver<'a, F> {
    ledger: &'a Ledger,
    watchdog: &'a mut Watchdog,
    fuse: &'a Fuse,
    scene: Pin<Box<F>>,
    wakes: Arc<Wakes>,
    run: Run,
    /// The number of events at the start of the current wait.
    seen: usize,
    /// The numbers of events and polls before the poll in which the signal became ready.
    until: Option<(usize, usize)>,
}

/// Polls a scene at most `limit` times, each time that it was woken, and drops it.
///
/// # Errors
///
/// If it is pending and is not woken. The error names the calls in flight.
pub(super) async fn run<F: Future>(
    ledger: &Ledger,
    watchdog: &mut Watchdog,
    limit: usize,
    fuse: &Fuse,
    scene: F,
) -> Result<Run, String> {
    let wakes = Wakes::new(watchdog.alarm());
    let (scene, run) = (Box::pin(scene), Run::default());
    let mut driver = SceneDriver { ledger, watchdog, fuse, scene, wakes, run, seen: 0, until: None };
    let stopped = poll_fn(|cx| driver.poll(limit, cx.waker())).await;
    let SceneDriver { scene, wakes, mut run, until, .. } = driver;
    run.events = ledger.events();
    discard(scene);
    stopped?;
    if let Some((events, polls)) = until {
        run.events.truncate(events);
        run.marks.truncate(polls);
    }
    run.fired = match until {
        Some(_) => Fired::Counted,
        None if fuse.is_forced() => Fired::Forced,
        None => Fired::Never,
    };
    run.steady = !wakes.is_from_outside();
    Ok(run)
}

impl<F: Future> SceneDriver<'_, F> {
    /// Polls the scene once, if it was woken. Ready when the scene has ended, or has to be dropped.
    fn poll(&mut self, limit: usize, sweep: &Waker) -> Poll<Result<(), String>> {
        self.watchdog.register(sweep);
        if self.run.polls > 0 && !self.wakes.is_woken() {
            if !self.watchdog.is_overdue() {
                return Poll::Pending;
            }
            if self.ledger.count() > self.seen {
                return self.wait();
            }
            let Some(waker) = self.fuse.force() else {
                return Poll::Ready(Err(self.hangs(Some(self.ledger.patience()))));
            };
            waker.wake();
        }
        loop {
            if self.run.polls == limit {
                return Poll::Ready(Ok(()));
            }
            let (one, polled) = self.poll_once();
            if polled.is_ready() || self.run.polls == limit {
                return Poll::Ready(Ok(()));
            }
            let waiting = self.fuse.take();
            let is_forgotten = one.is_forgotten(waiting.as_ref());
            self.fuse.put(waiting);
            if self.wakes.is_woken() {
                return Poll::Pending;
            }
            if !is_forgotten {
                return self.wait();
            }
            let Some(waker) = self.fuse.force() else {
                return Poll::Ready(Err(self.hangs(None)));
            };
            self.wakes.within(|| waker.wake());
        }
    }

    fn poll_once(&mut self) -> (Arc<OnePoll>, Poll<()>) {
        let counts = (self.ledger.count(), self.run.polls);
        if self.fuse.count() {
            self.until = Some(counts);
            // If the signal is not polled along with the scene, its task has to be woken.
            if let Some(waker) = self.fuse.take() {
                self.wakes.within(|| waker.wake());
            }
        }
        let (one, polled) =
            self.wakes.poll(|waker| catch(|| self.scene.as_mut().poll(&mut Context::from_waker(waker))));
        self.run.polls += 1;
        self.run.marks.push(self.ledger.count());
        match polled {
            Ok(Poll::Pending) => return (one, Poll::Pending),
            Ok(Poll::Ready(output)) => discard(output),
            Err(panic) => self.run.panicked = Some(panic.payload.message().to_owned()),
        }
        self.run.ended = true;
        (one, Poll::Ready(()))
    }

    /// Waits for a wake, with a time limit. If nothing else wakes the scene, the signal fires, after a shorter time.
    fn wait<T>(&mut self) -> Poll<T> {
        let patience = self.ledger.patience();
        self.seen = self.ledger.count();
        self.watchdog.begin(if self.fuse.is_awaited() { patience / 10 } else { patience });
        Poll::Pending
    }

    /// Returns the message for a scene that was not woken for that time, or cannot be: the calls in flight, and the
    /// events.
    fn hangs(&self, patience: Option<Duration>) -> String {
        let polls = self.run.polls;
        let wakes = match patience {
            Some(patience) => format!("nobody has woken it for {patience:?}"),
            None => "nobody is left who could wake it".to_owned(),
        };
        let too_late =
            if self.wakes.is_too_late() { ", but for the waker of an earlier poll, which is no good" } else { "" };
        hangs(&format!("the scene is pending after {polls} polls, and {wakes}{too_late}"), &self.ledger.events())
    }
}

/// Adds the calls in flight and the events to the message of an endless wait.
pub(super) fn hangs(what: &str, events: &[Event]) -> String {
    format!("{what}; in flight: {}; what happened: {events:?}", in_flight(events))
}
