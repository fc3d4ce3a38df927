use super::event::Event;
use super::ledger::Ledger;
use crate::panic::{catch, discard};
use crate::reaper::Reaper;
use std::boxed::Box;
use std::format;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

/// More polls than a scene takes that comes to its end.
const LIMIT: usize = 10_000;

/// Drops a scene after 0, 1, 2, .. polls, until it comes to its end; gives the number of polls that takes.
///
/// The scene makes the same scope each time, of members that the ledger records; the ledger is cleared before each. It
/// runs on whatever executor this future runs on.
///
/// # Panics
///
/// If a law is broken: says which, after how many polls, and what had happened to the member. If the scene does not come to
/// its end in 10,000 polls. Panics of the scene itself are part of it, and pass.
///
/// # Cancel safety
///
/// If the future is dropped, so is the scene that is under way.
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

/// Does what [`sweep_drops`] does, and waits each time until the reaper is idle before it looks at the ledger: then
/// nothing is abandoned.
///
/// # Panics
///
/// As [`sweep_drops`], and if a member was abandoned, or its exit dropped (law `reaped`).
///
/// # Cancel safety
///
/// If the future is dropped, so is the scene that is under way; the reaper finishes it.
pub async fn sweep_drops_on<F: Future>(ledger: &Ledger, reaper: &Reaper, scene: impl FnMut() -> F) -> usize {
    sweep(ledger, Some(reaper), scene).await
}

async fn sweep<F: Future>(ledger: &Ledger, reaper: Option<&Reaper>, mut scene: impl FnMut() -> F) -> usize {
    for limit in 0..=LIMIT {
        ledger.clear();
        let ended = poll_at_most(limit, &AtomicUsize::new(0), scene()).await;
        if let Some(reaper) = reaper {
            reaper.idle().await;
        }
        check(ledger, reaper.is_some(), &format!("dropped after {limit} polls"));
        if ended {
            return limit;
        }
    }
    panic!("the scene has not come to its end after {LIMIT} polls");
}

/// Fires a signal from the first poll of a scene on, then from the second on, and so on, until it comes too late; gives
/// the number of polls that the scene takes undisturbed.
///
/// The scene makes a scope [`until`](crate::Scope::until) the signal that it is given, of members that the ledger
/// records, and is run to its end.
///
/// # Panics
///
/// If a law is broken, or a member was abandoned or its exit dropped (law `until`): says which, at which poll, and what
/// had happened to the member. If the scene does not come to its end in 10,000 polls. Panics of the scene itself are part
/// of it, and pass.
///
/// # Cancel safety
///
/// If the future is dropped, so is the scene that is under way.
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
    for at in 0.. {
        ledger.clear();
        let polls = Arc::new(AtomicUsize::new(0));
        let signal = Signal { polls: Arc::clone(&polls), at };
        let when = format!("with the signal fired at poll {at}");
        let ended = poll_at_most(LIMIT, &polls, scene(signal)).await;
        assert!(ended, "{when}: the scene has not come to its end after {LIMIT} polls");
        check(ledger, true, &when);
        let polls = polls.load(SeqCst);
        if polls <= at {
            return polls;
        }
    }
    unreachable!("a scene of at most {LIMIT} polls is swept")
}

/// A signal that is ready from a certain poll of the scene on. Made by [`sweep_signals`].
#[derive(Debug)]
pub struct Signal {
    polls: Arc<AtomicUsize>,
    at: usize,
}

impl Future for Signal {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.polls.load(SeqCst) > self.at { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Polls a scene so often at most, and drops it. True if it came to its end, be it by a panic.
async fn poll_at_most<F: Future>(limit: usize, polls: &AtomicUsize, scene: F) -> bool {
    let mut scene = Box::pin(scene);
    let ended = poll_fn(|cx| {
        if polls.load(SeqCst) == limit {
            return Poll::Ready(false);
        }
        let polled = polls.fetch_add(1, SeqCst) + 1;
        match catch(|| scene.as_mut().poll(cx)) {
            Ok(Poll::Pending) if polled == limit => Poll::Ready(false),
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => {
                discard(output);
                Poll::Ready(true)
            }
            Err(_) => Poll::Ready(true),
        }
    })
    .await;
    discard(scene);
    ended
}

fn check(ledger: &Ledger, all_awaited: bool, at: &str) {
    if let Err(violation) = ledger.check() {
        panic!("{at}: {violation}");
    }
    let unawaited = |event: &Event| matches!(event, Event::Abandoned(_) | Event::ExitDropped(_));
    if let Some(event) = ledger.events().into_iter().find(unawaited).filter(|_| all_awaited) {
        panic!("{at}: not every exit was awaited: {event:?}");
    }
}
