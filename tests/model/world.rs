//! The world of a scene: what `withal::testing` gives, a body that follows a script too, and a poller that knows no
//! time.

use std::fmt;
use std::future::Future;
use std::panic::panic_any;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::Poll;
pub use withal::testing::{End, Event, READY, Script, Scripted as Member, ScriptedError, Step, Token};
use withal::testing::{Ledger, Scripted};
use withal::{BoxError, ScopeError};

#[derive(Clone, Debug, Default)]
pub struct World(Ledger, Arc<AtomicUsize>);

impl World {
    pub fn member(&self, id: usize, script: Script) -> Scripted {
        self.0.member(id, script)
    }

    pub fn log(&self, event: Event) {
        self.0.record(event);
    }

    pub fn events(&self) -> Vec<Event> {
        self.0.events()
    }

    pub fn clear(&self) {
        self.0.clear();
    }

    pub async fn pend(&self, times: usize) {
        self.0.pend(times).await;
    }

    pub fn poll<F: Future + ?Sized>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        self.1.store(self.0.events().len(), Relaxed);
        self.0.poll(future)
    }

    /// Whether nothing has happened yet in the poll that is under way.
    pub fn is_first(&self) -> bool {
        self.0.events().len() == self.1.load(Relaxed)
    }

    pub fn polls(&self) -> usize {
        self.0.polls()
    }

    /// Law `exactly-once`, `never-entered` and `wait-for-exits`, once all is over.
    pub fn check(&self, at: impl fmt::Display) {
        if let Err(violation) = self.0.check() {
            panic!("{violation}: {at}");
        }
        self.check_cut_exits(at);
    }

    /// Every exit that was dropped was followed by one call of `exit_dropped` (law `drop-any-time`).
    pub fn check_cut_exits(&self, at: impl fmt::Display) {
        let cut = |event| if let Event::ExitDropped(id) = event { Some(id) } else { None };
        let mut cut: Vec<_> = self.events().into_iter().filter_map(cut).collect();
        let mut told = self.0.exit_dropped_calls();
        cut.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, cut, "`exit_dropped` is called once for each exit that was dropped: {at}");
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
        let in_flight = BodyInFlight(Some(self));
        self.pend(step.pending).await;
        in_flight.end();
        match step.end {
            End::Ok => Ok(42),
            End::Error => Err(BodyFailed::Itself),
            End::Panic => panic_any("body"),
            other => unreachable!("{other:?}"),
        }
    }
}

struct BodyInFlight<'a>(Option<&'a World>);

impl BodyInFlight<'_> {
    fn end(mut self) {
        if let Some(world) = self.0.take() {
            world.log(Event::BodyEnded);
        }
    }
}

impl Drop for BodyInFlight<'_> {
    fn drop(&mut self) {
        if let Some(world) = self.0 {
            world.log(Event::BodyDropped);
        }
    }
}

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

/// The number of the member whose scripted panic this is.
pub fn panicked(payload: &(dyn std::any::Any + Send)) -> Option<usize> {
    let message = payload.downcast_ref::<String>()?;
    message.strip_prefix("member ")?.strip_suffix(" panics, as scripted")?.parse().ok()
}

/// Keeps the panics that a test expects out of its output.
pub fn quiet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let expected = panicked(info.payload()).is_some() || info.payload().downcast_ref::<&str>() == Some(&"body");
            if !expected {
                loud(info);
            }
        }));
    });
}
