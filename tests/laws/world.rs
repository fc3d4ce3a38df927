//! Scripted members, the record of what happened to them, and a poller that knows no time.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::panic_any;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use withal::{BoxError, Outcome, OutcomeKind, Resource, ScopeError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    EnterStarted(usize),
    Entered(usize),
    EnterFailed(usize),
    EnterPanicked(usize),
    EnterDropped(usize),
    BodyStarted,
    BodyEnded,
    BodyDropped,
    ExitStarted(usize, Told),
    Exited(usize),
    ExitFailed(usize),
    ExitPanicked(usize),
    ExitDropped(usize),
    Abandoned(usize),
}

/// `OutcomeKind`, with an order to sort by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    Completed,
    Failed,
    EnterFailed,
    Panicked,
    Cancelled,
}

impl From<OutcomeKind> for Told {
    fn from(kind: OutcomeKind) -> Self {
        match kind {
            OutcomeKind::Completed => Self::Completed,
            OutcomeKind::Failed => Self::Failed,
            OutcomeKind::EnterFailed => Self::EnterFailed,
            OutcomeKind::Panicked => Self::Panicked,
            OutcomeKind::Cancelled => Self::Cancelled,
            other => panic!("nobody is told {other:?} here"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Ok,
    Error,
    Panic,
}

/// How one phase of a member goes: pending so often, then this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub pending: usize,
    pub end: End,
}

pub const READY: Step = Step { pending: 0, end: End::Ok };

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    pub enter: Step,
    pub exit: Step,
}

#[derive(Clone, Debug, Default)]
pub struct World(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    events: Mutex<Vec<Event>>,
    wakers: Mutex<Vec<Waker>>,
    polls: AtomicUsize,
}

impl World {
    pub fn log(&self, event: Event) {
        self.0.events.lock().unwrap().push(event);
    }

    pub fn events(&self) -> Vec<Event> {
        self.0.events.lock().unwrap().clone()
    }

    pub fn member(&self, id: usize, script: Script) -> Member {
        Member { id, script, world: self.clone() }
    }

    /// Pends so often, and is woken by [`poll`](Self::poll) only.
    pub async fn pend(&self, mut times: usize) {
        poll_fn(|cx| {
            if times == 0 {
                return Poll::Ready(());
            }
            times -= 1;
            self.0.wakers.lock().unwrap().push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Wakes all that pend, in the order in which they were polled, and polls once.
    pub fn poll<F: Future + ?Sized>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        let wakers = std::mem::take(&mut *self.0.wakers.lock().unwrap());
        wakers.into_iter().for_each(Waker::wake);
        self.0.polls.fetch_add(1, SeqCst);
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    /// The number of polls so far, the one under way included.
    pub fn polls(&self) -> usize {
        self.0.polls.load(SeqCst)
    }

    /// Polls to the end; gives the output and the number of polls.
    pub fn run<F: Future>(&self, future: F) -> (F::Output, usize) {
        let mut future = pin!(future);
        for polls in 1..1000 {
            if let Poll::Ready(output) = self.poll(future.as_mut()) {
                return (output, polls);
            }
        }
        panic!("the scope hangs: {:?}", self.events());
    }

    /// A body that pends so often and ends like this.
    pub async fn body(&self, step: Step) -> Result<u32, BodyFailed> {
        self.log(Event::BodyStarted);
        let dropped = OnDrop { event: Some(Event::BodyDropped), world: self };
        self.pend(step.pending).await;
        dropped.end(Event::BodyEnded);
        match step.end {
            End::Ok => Ok(42),
            End::Error => Err(BodyFailed::Itself),
            End::Panic => panic_any("body"),
        }
    }
}

/// A resource that follows its script.
#[derive(Debug)]
pub struct Member {
    pub id: usize,
    pub script: Script,
    world: World,
}

/// What a member gives: it can neither be copied nor made elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub struct Token(pub usize);

#[derive(Debug, PartialEq, Eq)]
pub struct MemberFailed(pub usize);

impl fmt::Display for MemberFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "member {} failed", self.0)
    }
}

impl std::error::Error for MemberFailed {}

#[derive(Debug)]
pub enum BodyFailed {
    Itself,
    Scope(ScopeError),
}

impl From<ScopeError> for BodyFailed {
    fn from(error: ScopeError) -> Self {
        Self::Scope(error)
    }
}

impl From<BodyFailed> for BoxError {
    fn from(error: BodyFailed) -> Self {
        format!("{error:?}").into()
    }
}

impl Resource for Member {
    type Guard = Token;
    type Error = MemberFailed;

    async fn enter(&mut self) -> Result<Token, MemberFailed> {
        let Self { id, script, world } = self;
        world.log(Event::EnterStarted(*id));
        let dropped = OnDrop { event: Some(Event::EnterDropped(*id)), world };
        world.pend(script.enter.pending).await;
        match script.enter.end {
            End::Ok => dropped.end(Event::Entered(*id)),
            End::Error => dropped.end(Event::EnterFailed(*id)),
            End::Panic => dropped.end(Event::EnterPanicked(*id)),
        }
        finish(script.enter.end, *id).map(|()| Token(*id))
    }

    async fn exit(&mut self, guard: Token, outcome: Outcome<'_>) -> Result<(), MemberFailed> {
        let Self { id, script, world } = self;
        assert_eq!(guard.0, *id, "a guard goes back to the member that gave it");
        world.log(Event::ExitStarted(*id, outcome.kind().into()));
        let dropped = OnDrop { event: Some(Event::ExitDropped(*id)), world };
        world.pend(script.exit.pending).await;
        match script.exit.end {
            End::Ok => dropped.end(Event::Exited(*id)),
            End::Error => dropped.end(Event::ExitFailed(*id)),
            End::Panic => dropped.end(Event::ExitPanicked(*id)),
        }
        finish(script.exit.end, *id)
    }

    fn abandon(&mut self, guard: Token) {
        assert_eq!(guard.0, self.id, "a guard goes back to the member that gave it");
        self.world.log(Event::Abandoned(self.id));
    }
}

fn finish(end: End, id: usize) -> Result<(), MemberFailed> {
    match end {
        End::Ok => Ok(()),
        End::Error => Err(MemberFailed(id)),
        End::Panic => panic_any(id),
    }
}

/// Logs that a future was dropped before it came to its end.
struct OnDrop<'a> {
    event: Option<Event>,
    world: &'a World,
}

impl OnDrop<'_> {
    fn end(mut self, event: Event) {
        self.event = None;
        self.world.log(event);
    }
}

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        if let Some(event) = self.event {
            self.world.log(event);
        }
    }
}

/// Keeps the panics that a test expects out of its output.
pub fn quiet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            if !payload.is::<usize>() && payload.downcast_ref::<&str>() != Some(&"body") {
                loud(info);
            }
        }));
    });
}
