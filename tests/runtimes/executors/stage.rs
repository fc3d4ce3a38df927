//! Members that follow a script, on no executor in particular.

use futures::channel::oneshot;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use withal::{Outcome, OutcomeKind, Resource};
use withal_common::{pend, quiet_panic};

/// What a member does in one phase.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    Ready,
    /// Pends so often, and wakes itself.
    Yield(usize),
    /// Waits until so many have come to this place.
    Meet(&'static str, usize),
    /// Waits for another thread.
    Answer,
    Fail,
    Panic,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no luck")]
pub(crate) struct Trouble;

/// Where members meet, and what they did.
#[derive(Clone, Default)]
pub(crate) struct Stage(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    events: Vec<(Part, String)>,
    told: Vec<OutcomeKind>,
    places: BTreeMap<&'static str, Vec<Waker>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Enter,
    Body,
    Exit,
}

impl Stage {
    pub(crate) fn actor<G>(&self, name: &'static str, guard: fn() -> G) -> Actor<G> {
        Actor { name, guard, enter: Act::Ready, exit: Act::Ready, stage: self.clone() }
    }

    pub(crate) fn body_ran(&self) {
        self.log(Part::Body, "body".into());
    }

    /// What happened since the last call, and what the exits were told: the enters, the body, the exits, each of them
    /// by name, as it is up to the executor which of them is woken first.
    pub(crate) fn events(&self) -> String {
        let Inner { mut events, told, .. } = std::mem::take(&mut *self.0.lock().unwrap());
        assert!(events.is_sorted_by_key(|(part, _)| *part), "enters, then the body, then exits");
        assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "all are told the same: {told:?}");
        events.sort();
        let parts: Vec<_> = events
            .chunk_by(|(one, _), (other, _)| one == other)
            .map(|part| part.iter().map(|(_, event)| event.as_str()).collect::<Vec<_>>().join(", "))
            .collect();
        format!("{}: {:?}", parts.join("; "), told[0])
    }

    fn log(&self, part: Part, event: String) {
        self.0.lock().unwrap().events.push((part, event));
    }

    pub(crate) async fn play(&self, act: Act) -> Result<(), Trouble> {
        match act {
            Act::Ready => {}
            Act::Yield(times) => pend(times).await,
            Act::Meet(place, number) => self.meet(place, number).await,
            Act::Answer => {
                let (answer, question) = oneshot::channel();
                thread::spawn(move || answer.send(()));
                question.await.expect("the thread answers");
            }
            Act::Fail => {
                pend(1).await;
                return Err(Trouble);
            }
            Act::Panic => {
                pend(1).await;
                quiet_panic("boom");
            }
        }
        Ok(())
    }

    async fn meet(&self, place: &'static str, number: usize) {
        let mut came = false;
        poll_fn(|cx| {
            let waiting = &mut self.0.lock().unwrap().places;
            let waiting = waiting.entry(place).or_default();
            if !came {
                came = true;
                waiting.push(cx.waker().clone());
                if waiting.len() == number {
                    waiting.iter().for_each(Waker::wake_by_ref);
                }
            }
            if waiting.len() == number { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

pub(crate) struct Actor<G> {
    name: &'static str,
    guard: fn() -> G,
    enter: Act,
    exit: Act,
    stage: Stage,
}

impl<G> Actor<G> {
    pub(crate) fn plays(self, enter: Act, exit: Act) -> Self {
        Self { enter, exit, ..self }
    }

    async fn act(&self, part: Part) -> Result<(), Trouble> {
        let mut ending = Ending { actor: self, part, event: None };
        let (act, verb) = if part == Part::Enter { (self.enter, "in") } else { (self.exit, "out") };
        let result = self.stage.play(act).await;
        ending.event = Some(if result.is_ok() { verb } else { "failed" });
        result
    }
}

/// Logs how an act ended, however it did.
struct Ending<'a, G> {
    actor: &'a Actor<G>,
    part: Part,
    event: Option<&'static str>,
}

impl<G> Drop for Ending<'_, G> {
    fn drop(&mut self) {
        let event = self.event.unwrap_or(if thread::panicking() { "panicked" } else { "dropped" });
        self.actor.stage.log(self.part, format!("{} {event}", self.actor.name));
    }
}

impl<G: Send> Resource for Actor<G> {
    type Guard = G;
    type Error = Trouble;

    async fn enter(&mut self) -> Result<G, Trouble> {
        self.act(Part::Enter).await?;
        Ok((self.guard)())
    }

    async fn exit(&mut self, _: G, outcome: Outcome<'_>) -> Result<(), Trouble> {
        self.stage.0.lock().unwrap().told.push(outcome.kind());
        self.act(Part::Exit).await
    }

    fn abandon(&mut self, _: G) {
        unreachable!("no scope is dropped here");
    }

    fn name(&self) -> &str {
        self.name
    }
}
