//! The server: a handler that opens a scope of two members, says where it is, and is held up at one moment.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, watch};
use withal::{Outcome, Reaper, Resource, Scope};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Enter,
    Body,
    Exit,
}

/// Where a handler is held up: which phase, which member's, after how many awaits.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub phase: Phase,
    pub member: usize,
    pub awaits: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Entered,
    ExitBegan,
    Exited,
    Abandoned,
}

#[derive(Clone)]
pub struct App {
    reaper: Option<Reaper>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    expected: Mutex<BTreeMap<usize, Script>>,
    events: Mutex<Vec<(usize, usize, Event)>>,
    visits: AtomicUsize,
}

/// The server's side of a visit.
#[derive(Clone)]
struct Script {
    moment: Moment,
    says: mpsc::UnboundedSender<Says>,
    go_on: watch::Receiver<bool>,
}

#[derive(Debug, PartialEq)]
enum Says {
    HeldUp,
    Dropped,
}

/// The client's side of it.
pub struct Visit {
    pub path: String,
    said: mpsc::UnboundedReceiver<Says>,
    go_on: watch::Sender<bool>,
}

impl Visit {
    /// Waits until the handler is at its moment.
    pub async fn held_up(&mut self) {
        assert_eq!(self.said.recv().await, Some(Says::HeldUp));
    }

    /// Waits until the handler is gone.
    pub async fn dropped(&mut self) {
        assert_eq!(self.said.recv().await, Some(Says::Dropped));
    }

    pub fn go_on(&self) {
        self.go_on.send_replace(true);
    }
}

impl Script {
    /// Awaits a few times, and if this is the moment, until the client lets it go on.
    async fn at(&self, phase: Phase, member: usize) {
        let mut go_on = self.go_on.clone();
        if phase == self.moment.phase && member == self.moment.member {
            for _ in 0..self.moment.awaits {
                tokio::task::yield_now().await;
            }
            // In a test that hangs up, both ends are there.
            let _ = self.says.send(Says::HeldUp);
            go_on.wait_for(|go_on| *go_on).await.expect("the visit is not over");
        }
        tokio::task::yield_now().await;
    }
}

struct Member {
    visit: usize,
    index: usize,
    script: Script,
    shared: Arc<Shared>,
}

impl Member {
    fn log(&self, event: Event) {
        self.shared.events.lock().unwrap().push((self.visit, self.index, event));
    }
}

impl Resource for Member {
    type Guard = usize;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<usize, Infallible> {
        self.script.at(Phase::Enter, self.index).await;
        self.log(Event::Entered);
        Ok(self.index)
    }

    async fn exit(&mut self, _: usize, _: Outcome<'_>) -> Result<(), Infallible> {
        self.log(Event::ExitBegan);
        self.script.at(Phase::Exit, self.index).await;
        self.log(Event::Exited);
        Ok(())
    }

    fn abandon(&mut self, _: usize) {
        self.log(Event::Abandoned);
    }
}

/// Says that the handler is gone.
struct Gone(mpsc::UnboundedSender<Says>);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.0.send(Says::Dropped);
    }
}

async fn handle(State(app): State<App>, Path(visit): Path<usize>) -> Result<String, (StatusCode, String)> {
    let script = app.shared.expected.lock().unwrap().remove(&visit).expect("a visit comes once");
    app.shared.visits.fetch_add(1, SeqCst);
    let _gone = Gone(script.says.clone());
    let member = |index| Member { visit, index, script: script.clone(), shared: Arc::clone(&app.shared) };
    let scope = Scope::new((member(0), member(1)));
    let body = async |(a, b): &mut (usize, usize)| {
        script.at(Phase::Body, script.moment.member).await;
        anyhow::Ok(format!("members {a} and {b}"))
    };
    let answer = match &app.reaper {
        Some(reaper) => scope.on(reaper).run(body).await,
        None => scope.run(body).await,
    };
    answer.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

impl App {
    pub fn on(reaper: &Reaper) -> Self {
        Self { reaper: Some(reaper.clone()), shared: Arc::default() }
    }

    pub fn plain() -> Self {
        Self { reaper: None, shared: Arc::default() }
    }

    pub fn router(self) -> Router {
        Router::new().route("/visits/{visit}", get(handle)).with_state(self)
    }

    /// Prepares for a visit that is held up at this moment.
    pub fn expect(&self, moment: Moment) -> Visit {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let id = NEXT.fetch_add(1, SeqCst);
        let (says, said) = mpsc::unbounded_channel();
        let (go, go_on) = watch::channel(false);
        self.shared.expected.lock().unwrap().insert(id, Script { moment, says, go_on });
        Visit { path: format!("/visits/{id}"), said, go_on: go }
    }

    pub fn ledger(&self) -> Ledger {
        let mut of_each = BTreeMap::<_, Vec<_>>::new();
        for (visit, member, event) in self.shared.events.lock().unwrap().iter() {
            of_each.entry((*visit, *member)).or_default().push(*event);
        }
        Ledger { visits: self.shared.visits.load(SeqCst), of_each }
    }
}

/// What happened to each member of each visit.
pub struct Ledger {
    pub visits: usize,
    of_each: BTreeMap<(usize, usize), Vec<Event>>,
}

impl Ledger {
    /// Every member entered and was exited to the end, once.
    pub fn assert_reaped(&self) {
        for (member, events) in &self.of_each {
            assert_eq!(*events, [Event::Entered, Event::ExitBegan, Event::Exited], "{member:?}");
        }
        assert_eq!(self.of_each.len(), 2 * self.visits);
    }

    /// Every member that entered was exited or abandoned, once. An exit that was cut had begun.
    pub fn assert_balanced(&self) {
        for (member, events) in &self.of_each {
            match **events {
                [Event::Entered, Event::Abandoned | Event::ExitBegan]
                | [Event::Entered, Event::ExitBegan, Event::Exited] => {}
                _ => panic!("{member:?}: {events:?}"),
            }
        }
    }
}
