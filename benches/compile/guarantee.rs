//! What a hand-written scope with the guarantee needs beside its frame.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};

pub type BoxError = Box<dyn Error + Send + Sync>;
type Payload = Box<dyn Any + Send>;

pub trait Member: Send {
    type Guard: Send;
    type Error: Into<BoxError> + Send;

    fn enter(&mut self) -> impl Future<Output = Result<Self::Guard, Self::Error>> + Send;
    fn exit(&mut self, guard: Self::Guard, told: Told<'_>) -> impl Future<Output = Result<(), Self::Error>> + Send;
    fn abandon(&mut self, guard: Self::Guard) {
        drop(guard);
    }
}

#[derive(Clone, Copy)]
pub enum Told<'a> {
    Completed,
    Failed(&'a BoxError),
    EnterFailed(&'a BoxError),
    Panicked,
}

#[derive(Clone, Copy, Debug)]
pub enum Phase {
    Enter,
    Exit,
}

pub enum What {
    Error(BoxError),
    Panic(Mutex<Payload>),
}

pub struct Failure {
    member: Option<usize>,
    phase: Phase,
    what: What,
}

impl Failure {
    fn is_panic(&self) -> bool {
        matches!(self.what, What::Panic(_))
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Error(error) => write!(f, "{:?} of {:?}: {error}", self.phase, self.member),
            What::Panic(_) => write!(f, "{:?} of {:?}: a panic", self.phase, self.member),
        }
    }
}

#[derive(Debug)]
pub struct Failed {
    pub body: Option<BoxError>,
    pub failures: Vec<Failure>,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}; {:?}", self.body, self.failures)
    }
}

impl Error for Failed {}

#[derive(Default)]
pub struct Log {
    list: Mutex<Vec<Failure>>,
    enters: OnceLock<Vec<Failure>>,
}

impl Log {
    fn list(&self) -> MutexGuard<'_, Vec<Failure>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, member: usize, phase: Phase, error: impl Into<BoxError>) {
        match catch_unwind(AssertUnwindSafe(|| error.into())) {
            Ok(error) => self.list().push(Failure { member: Some(member), phase, what: What::Error(error) }),
            Err(payload) => self.panic(Some(member), phase, payload),
        }
    }

    pub fn panic(&self, member: Option<usize>, phase: Phase, payload: Payload) {
        self.list().push(Failure { member, phase, what: What::Panic(Mutex::new(payload)) });
    }

    fn enters(&self) -> &[Failure] {
        self.enters.get_or_init(|| std::mem::take(&mut self.list()))
    }

    pub fn told(&self) -> Told<'_> {
        match self.enters() {
            [Failure { what: What::Error(first), .. }, ..] if !self.enters().iter().any(Failure::is_panic) => {
                Told::EnterFailed(first)
            }
            _ => Told::Panicked,
        }
    }

    pub fn end(&mut self) -> Vec<Failure> {
        let late = std::mem::take(self.list.get_mut().unwrap_or_else(PoisonError::into_inner));
        match self.enters.take() {
            None => late,
            Some(early) => early.into_iter().chain(late).collect(),
        }
    }

    fn is_empty(&mut self) -> bool {
        self.enters.get().is_none() && self.list.get_mut().is_ok_and(|list| list.is_empty())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if !self.is_empty() && !std::thread::panicking() {
            resume_first(self.end());
        }
    }
}

pub fn resume_first(mut failures: Vec<Failure>) -> Vec<Failure> {
    let of_body = failures.iter().position(|failure| failure.is_panic() && failure.member.is_none());
    if let Some(index) = of_body.or_else(|| failures.iter().position(Failure::is_panic)) {
        if let What::Panic(payload) = failures.remove(index).what {
            if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(failures))) {
                std::mem::forget(second);
            }
            resume_unwind(payload.into_inner().unwrap_or_else(PoisonError::into_inner));
        }
    }
    failures
}

pub struct Slot<'l, M: Member> {
    member: M,
    pub guard: Option<M::Guard>,
    index: usize,
    log: &'l Log,
}

impl<'l, M: Member> Slot<'l, M> {
    pub fn new(member: M, index: usize, log: &'l Log) -> Self {
        Self { member, guard: None, index, log }
    }

    pub async fn enter(&mut self) -> bool {
        let Self { member, guard, index, log } = self;
        let mut well = true;
        let note = |entered| match entered {
            Ok(Ok(entered)) => *guard = Some(entered),
            Ok(Err(error)) => {
                well = false;
                log.error(*index, Phase::Enter, error);
            }
            Err(payload) => {
                well = false;
                log.panic(Some(*index), Phase::Enter, payload);
            }
        };
        call(|| member.enter(), note).await;
        well
    }

    pub async fn exit(&mut self, told: Told<'_>) {
        let Self { member, guard, index, log } = self;
        let Some(guard) = guard.take() else { return };
        let note = |exited| match exited {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log.error(*index, Phase::Exit, error),
            Err(payload) => log.panic(Some(*index), Phase::Exit, payload),
        };
        call(|| member.exit(guard, told), note).await;
    }
}

impl<M: Member> Drop for Slot<'_, M> {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.member.abandon(guard))) {
                self.log.panic(Some(self.index), Phase::Exit, payload);
            }
        }
    }
}

pub async fn call<F: Future>(make: impl FnOnce() -> F, note: impl FnMut(Result<F::Output, Payload>)) {
    let mut flight = Flight { future: pin!(None), note };
    match catch_unwind(AssertUnwindSafe(|| flight.future.set(Some(make())))) {
        Ok(()) => poll_fn(|cx| flight.poll(cx)).await,
        Err(payload) => (flight.note)(Err(payload)),
    }
}

struct Flight<'f, F: Future, N: FnMut(Result<F::Output, Payload>)> {
    future: Pin<&'f mut Option<F>>,
    note: N,
}

impl<F: Future, N: FnMut(Result<F::Output, Payload>)> Flight<'_, F, N> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let polled = self.future.as_mut().as_pin_mut().map_or(Poll::Pending, |future| future.poll(cx));
            polled.map(|output| {
                (self.note)(Ok(output));
                self.future.set(None);
            })
        }));
        polled.unwrap_or_else(|payload| {
            (self.note)(Err(payload));
            self.land();
            Poll::Ready(())
        })
    }

    fn land(&mut self) {
        if self.future.is_some() {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.future.set(None))) {
                (self.note)(Err(payload));
            }
        }
    }
}

impl<F: Future, N: FnMut(Result<F::Output, Payload>)> Drop for Flight<'_, F, N> {
    fn drop(&mut self) {
        self.land();
    }
}
