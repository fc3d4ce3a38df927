//! Members and a body that follow a script, and record what becomes of them.

use crate::scene::{Body, Failed, Member, Told};
use std::future::Future;
use std::io;
use std::panic::panic_any;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use withal::{Outcome, Resource};

/// So often pending, then this end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub pending: usize,
    pub end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Well,
    Error,
    PanicWhereMade,
    PanicInPoll,
    /// After it went well.
    PanicWhereDropped,
}

impl Step {
    pub const WELL: Self = Self { pending: 0, end: End::Well };

    pub fn enters(self) -> bool {
        matches!(self.end, End::Well | End::PanicWhereDropped)
    }

    pub fn panics(self) -> bool {
        !matches!(self.end, End::Well | End::Error)
    }

    /// The poll in which its error or panic comes.
    pub fn fails_at(self) -> Option<usize> {
        match self.end {
            End::Well => None,
            End::PanicWhereMade => Some(0),
            _ => Some(self.pending),
        }
    }

    fn begin<T, K>(self, place: Place, ledger: &Ledger, output: (T, T), keep: K) -> Act<T, K> {
        if self.end == End::PanicWhereMade {
            ledger.record(Event::Ended(place));
            ledger.panic(place);
        }
        let output = Some(if self.end == End::Error { output.1 } else { output.0 });
        Act { step: self, place, ledger: ledger.clone(), output, _keep: keep }
    }
}

/// Where something happens: while a member enters or exits, or in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Enter(usize),
    Body,
    Exit(usize),
}

/// A step on its way. What it panics with is its place.
struct Act<T, K> {
    step: Step,
    place: Place,
    ledger: Ledger,
    output: Option<T>,
    _keep: K,
}

impl<T: Unpin, K: Unpin> Future for Act<T, K> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        if self.step.pending > 0 {
            self.step.pending -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.ledger.record(Event::Ended(self.place));
        if self.step.end == End::PanicInPoll {
            self.ledger.panic(self.place);
        }
        Poll::Ready(self.output.take().expect("it is polled until it is ready"))
    }
}

impl<T, K> Drop for Act<T, K> {
    fn drop(&mut self) {
        if self.step.end == End::PanicWhereDropped {
            self.ledger.panic(self.place);
        }
    }
}

/// What an exit was told, to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Completed,
    Failed,
    EnterFailed(String),
    Panicked,
    Otherwise,
}

impl From<Told<'_>> for Heard {
    fn from(told: Told<'_>) -> Self {
        match told {
            Told::Completed => Self::Completed,
            Told::Failed(Failed::Declined) => Self::Failed,
            Told::EnterFailed(error) => Self::EnterFailed(error.to_string()),
            Told::Panicked => Self::Panicked,
            Told::Failed(_) | Told::Otherwise => Self::Otherwise,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A phase of a member, or the body, came to its end, well or not.
    Ended(Place),
    BodyDropped,
    ExitBegan(usize, Heard),
    Abandoned(usize),
    Panicked(Place),
}

impl Event {
    pub fn exit_began(&self) -> Option<(usize, &Heard)> {
        if let Self::ExitBegan(member, heard) = self { Some((*member, heard)) } else { None }
    }

    pub fn panicked(&self) -> Option<Place> {
        if let Self::Panicked(place) = self { Some(*place) } else { None }
    }

    pub fn abandoned(&self) -> Option<usize> {
        if let Self::Abandoned(member) = self { Some(*member) } else { None }
    }
}

/// What happened, in order.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Vec<Event>>>);

impl Ledger {
    fn list(&self) -> MutexGuard<'_, Vec<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, event: Event) {
        self.list().push(event);
    }

    fn panic(&self, place: Place) -> ! {
        self.record(Event::Panicked(place));
        panic_any(place);
    }

    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.list())
    }
}

pub struct Scripted {
    pub id: usize,
    pub enter: Step,
    pub exit: Step,
    pub ledger: Ledger,
}

pub fn error(place: Place) -> io::Error {
    io::Error::other(format!("{place:?}"))
}

impl Resource for Scripted {
    type Guard = u64;
    type Error = io::Error;

    fn enter(&mut self) -> impl Future<Output = io::Result<u64>> + Send {
        let place = Place::Enter(self.id);
        self.enter.begin(place, &self.ledger, (Ok(self.id as u64), Err(error(place))), ())
    }

    fn exit(&mut self, guard: u64, outcome: Outcome<'_>) -> impl Future<Output = io::Result<()>> + Send {
        self.leave(guard, outcome.into())
    }

    fn abandon(&mut self, guard: u64) {
        assert_eq!(guard, self.id as u64, "a guard goes back to the member that gave it");
        self.ledger.record(Event::Abandoned(self.id));
        if self.exit.end == End::PanicWhereMade {
            self.ledger.panic(Place::Exit(self.id));
        }
    }
}

impl Member for Scripted {
    fn leave(&mut self, guard: u64, told: Told<'_>) -> impl Future<Output = io::Result<()>> + Send {
        assert_eq!(guard, self.id as u64, "a guard goes back to the member that gave it");
        self.ledger.record(Event::ExitBegan(self.id, told.into()));
        let place = Place::Exit(self.id);
        self.exit.begin(place, &self.ledger, (Ok(()), Err(error(place))), ())
    }
}

pub struct Speech {
    pub step: Step,
    pub ledger: Ledger,
}

impl Body for Speech {
    fn end(self, sum: u64) -> impl Future<Output = Result<u64, Failed>> + Send {
        let ledger = self.ledger.clone();
        self.step.begin(Place::Body, &ledger, (Ok(sum), Err(Failed::Declined)), self)
    }
}

impl Drop for Speech {
    fn drop(&mut self) {
        self.ledger.record(Event::BodyDropped);
    }
}
