use super::event::Event;
use super::ledger::Ledger;
use super::reference::Reference;
use super::scene::{Fired, Run, hangs, run};
use super::signal::{Fuse, Signal};
use super::watchdog::Watchdog;
use crate::reaper::Reaper;
use std::format;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::string::String;
use std::sync::Arc;
use std::task::Poll;

/// The number of polls after which a scene counts as endless.
const LIMIT: usize = 10_000;

/// No poll, no signal.
const NEVER: usize = usize::MAX;

/// Runs a scene undisturbed, twice, and then drops it after 0, 1, 2, .. polls, until it ends. Returns the number of
/// polls that it takes to end.
///
/// The scene creates the same scope each time, of members that the ledger records. The ledger is cleared before each
/// run, and [checked](Ledger::check) after it, with the user's own [checks](Ledger::check_also). The scene runs on the
/// executor of this future, and is polled when it was woken.
///
/// # Panics
///
/// The message has the point of the drop, as in `dropped after 3 polls: ..`, and the events. It panics
///
/// - if a law, or a check of the user's own, is broken;
/// - if a member fails that does not fail in an undisturbed run, or if the scene has other events, or takes another
///   number of polls, although only its own polls wake it: an earlier run has left something behind then;
/// - if the scene is pending and is not woken: immediately if its waker was dropped, and otherwise after ten seconds
///   (see [`Ledger::set_patience`]) without an event. The message names the calls in flight. Only the waker of the last
///   poll counts;
/// - if the scene does not end within 10,000 polls.
///
/// A panic of the scene itself is allowed if it ends with one undisturbed, too.
///
/// # Cancel safety
///
/// If the future is dropped, so is the current scene.
///
/// # Examples
///
/// ```
/// use withal::testing::{Ledger, READY, Script, sweep_drops};
/// use withal::ResourceExt;
///
/// # futures::executor::block_on(async {
/// let ledger = Ledger::new();
/// let script = Script { enter: READY.pending(2), exit: READY.pending(1) };
/// let scene = || (ledger.member(0, script), ledger.member(1, script)).scope(async |_| anyhow::Ok(()));
/// assert_eq!(sweep_drops(&ledger, scene).await, 4);
/// # });
/// ```
pub async fn sweep_drops<F: Future>(ledger: &Ledger, scene: impl FnMut() -> F) -> usize {
    sweep(ledger, None, scene).await
}

/// Runs a scene like [`sweep_drops`], with scopes on a reaper. After each run it waits until the reaper is idle before
/// it checks the ledger: no member may be abandoned then.
///
/// # Panics
///
/// As [`sweep_drops`], and if a member was abandoned or its exit dropped (law `reaped`), or if the reaper does not
/// become idle, and no event is recorded for the time that a sweep waits for a wake.
///
/// # Cancel safety
///
/// If the future is dropped, so is the current scene. The reaper finishes it.
pub async fn sweep_drops_on<F: Future>(ledger: &Ledger, reaper: &Reaper, scene: impl FnMut() -> F) -> usize {
    sweep(ledger, Some(reaper), scene).await
}

async fn sweep<F: Future>(ledger: &Ledger, reaper: Option<&Reaper>, mut scene: impl FnMut() -> F) -> usize {
    let mut sweep = Sweep { ledger, reaper, all_awaited: reaper.is_some(), watchdog: Watchdog::default() };
    let reference = sweep.undisturbed(|_| scene()).await;
    for limit in 0..=LIMIT {
        let mut at = format!("dropped after {limit} polls");
        let run = sweep.run(&at, limit, &Fuse::new(NEVER), &mut |_| scene()).await;
        let is_last = run.ended && limit >= reference.polls();
        if is_last {
            at = String::from("undisturbed, after all drops");
        }
        sweep.look(&at, &run, Some(&reference)).await;
        if is_last {
            return run.polls;
        }
    }
    unreachable!("a scene of at most {LIMIT} polls is swept")
}

/// Runs a scene undisturbed, twice, and then fires a signal from its first poll on, from the second on, and so on,
/// until it is too late. Returns the number of polls that the scene takes undisturbed.
///
/// The scene creates a scope [`until`](crate::Scope::until) the signal that it receives, of members that the ledger
/// records, and runs it to completion. If the scene waits for the signal and nothing else wakes it, as with a body that
/// only the signal ends, the signal fires: immediately if nothing can wake the scene, and otherwise after a tenth of
/// the time that a sweep waits for a wake. This also happens in undisturbed runs.
///
/// # Panics
///
/// As [`sweep_drops`], with a message such as `with the signal fired at poll 3: ..`, and if a member was abandoned or
/// its exit dropped (law `until`). Events after the signal are not compared with those of undisturbed runs.
///
/// # Cancel safety
///
/// If the future is dropped, so is the current scene.
///
/// # Examples
///
/// ```
/// use withal::Scope;
/// use withal::testing::{Ledger, READY, Script, sweep_signals};
///
/// # futures::executor::block_on(async {
/// let ledger = Ledger::new();
/// let script = Script { enter: READY.pending(2), exit: READY.pending(1) };
/// let body = async |_: &mut _| anyhow::Ok(());
/// let scene = |signal| Scope::new([ledger.member(0, script), ledger.member(1, script)]).until(signal).run(body);
/// assert_eq!(sweep_signals(&ledger, scene).await, 4);
/// # });
/// ```
pub async fn sweep_signals<F: Future>(ledger: &Ledger, mut scene: impl FnMut(Signal) -> F) -> usize {
    let mut sweep = Sweep { ledger, reaper: None, all_awaited: true, watchdog: Watchdog::default() };
    let reference = sweep.undisturbed(&mut scene).await;
    for signal_at in 0..=LIMIT {
        let mut at = format!("with the signal fired at poll {signal_at}");
        let run = sweep.run(&at, LIMIT, &Fuse::new(signal_at), &mut scene).await;
        let is_last = match run.fired {
            Fired::Never => signal_at >= reference.polls(),
            Fired::Counted => false,
            Fired::Forced => true,
        };
        if is_last {
            at = String::from("undisturbed, after all signals");
        }
        sweep.look(&at, &run, Some(&reference)).await;
        if is_last {
            return run.polls;
        }
    }
    unreachable!("a scene of at most {LIMIT} polls is swept")
}

struct Sweep<'a> {
    ledger: &'a Ledger,
    reaper: Option<&'a Reaper>,
    all_awaited: bool,
    watchdog: Watchdog,
}

impl Sweep<'_> {
    /// Runs a scene undisturbed, twice.
    async fn undisturbed<F: Future>(&mut self, mut scene: impl FnMut(Signal) -> F) -> Reference {
        let at = "undisturbed";
        let first = self.run(at, LIMIT, &Fuse::new(NEVER), &mut scene).await;
        self.look(at, &first, None).await;
        let mut reference = Reference::new(first);
        let at = "undisturbed, a second time";
        let second = self.run(at, LIMIT, &Fuse::new(NEVER), &mut scene).await;
        self.look(at, &second, Some(&reference)).await;
        reference.confirm(&second);
        reference
    }

    /// Polls a scene at most `limit` times, and drops it.
    async fn run<F: Future>(
        &mut self,
        at: &str,
        limit: usize,
        fuse: &Arc<Fuse>,
        scene: &mut impl FnMut(Signal) -> F,
    ) -> Run {
        self.ledger.clear();
        let run = run(self.ledger, &mut self.watchdog, limit, fuse, scene(fuse.signal())).await;
        let run = run.unwrap_or_else(|told| panic!("{at}: {told}"));
        if limit == LIMIT && !run.ended {
            let what = format!("the scene has not come to its end after {LIMIT} polls");
            panic!("{at}: {}", hangs(&what, &self.ledger.events()));
        }
        run
    }

    /// Checks the events, once all is over.
    async fn look(&mut self, at: &str, run: &Run, reference: Option<&Reference>) {
        if let Some(reaper) = self.reaper {
            self.idle(reaper).await.unwrap_or_else(|told| panic!("{at}: {told}"));
        }
        if let Err(violation) = self.ledger.check() {
            panic!("{at}: {violation}");
        }
        let unawaited = |event: &Event| matches!(event, Event::Abandoned(_) | Event::ExitDropped(_));
        if let Some(event) = self.ledger.events().into_iter().find(unawaited).filter(|_| self.all_awaited) {
            panic!("{at}: not every exit was awaited: {event:?}");
        }
        if let Some(Err(told)) = reference.map(|reference| reference.compare(run)) {
            panic!("{at}: {told}");
        }
    }

    /// Waits until the reaper is idle, as long as events are recorded.
    async fn idle(&mut self, reaper: &Reaper) -> Result<(), String> {
        let mut idle = pin!(reaper.idle());
        let mut seen = None;
        poll_fn(|cx| {
            self.watchdog.register(cx.waker());
            if idle.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let (count, patience) = (self.ledger.count(), self.ledger.patience());
            let is_new = seen.replace(count) != Some(count);
            if is_new {
                self.watchdog.begin(patience);
            } else if self.watchdog.is_overdue() {
                let what = format!("the reaper is not idle, and nothing has happened for {patience:?}");
                return Poll::Ready(Err(hangs(&what, &self.ledger.events())));
            }
            Poll::Pending
        })
        .await
    }
}
