//! Two members and a body, one of which is held up at a gate; and the story of what became of them.

use crate::gate::Gate;
use withal::{Outcome, OutcomeKind, Reaper, Resource, Scope};
use withal_common::Log;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Enter,
    Body,
    Exit,
}

pub const PHASES: [Phase; 3] = [Phase::Enter, Phase::Body, Phase::Exit];

/// A member that waits at gates, fails where it is told to, and is never exited with another's guard.
#[derive(Clone, Debug)]
pub struct Member {
    pub name: &'static str,
    pub log: Log,
    pub enter: Option<Gate>,
    pub exit: Option<Gate>,
    pub fails: Option<Phase>,
}

#[derive(Debug)]
pub struct Token(&'static str);

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is out of order")]
pub struct OutOfOrder(pub &'static str);

impl Member {
    pub fn new(name: &'static str, log: &Log) -> Self {
        Self { name, log: log.clone(), enter: None, exit: None, fails: None }
    }

    pub fn entered_through(self, gate: &Gate) -> Self {
        Self { enter: Some(gate.clone()), ..self }
    }

    pub fn exited_through(self, gate: &Gate) -> Self {
        Self { exit: Some(gate.clone()), ..self }
    }

    pub fn fails_to(self, phase: Phase) -> Self {
        Self { fails: Some(phase), ..self }
    }

    async fn act(&self, phase: Phase, gate: Option<&Gate>, words: [&'static str; 3]) -> Result<(), OutOfOrder> {
        let [ended, failed, dropped] = words;
        let mut ending = Ending { who: self.name, what: dropped, log: &self.log };
        if let Some(gate) = gate {
            gate.pass().await;
        }
        if self.fails == Some(phase) {
            ending.what = failed;
            return Err(OutOfOrder(self.name));
        }
        ending.what = ended;
        Ok(())
    }
}

/// Logs how something ended, or that it was dropped.
pub struct Ending<'a> {
    pub who: &'static str,
    pub what: &'static str,
    pub log: &'a Log,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.log.add(format!("{} {}", self.who, self.what));
    }
}

impl Resource for Member {
    type Guard = Token;
    type Error = OutOfOrder;

    async fn enter(&mut self) -> Result<Token, OutOfOrder> {
        self.act(Phase::Enter, self.enter.as_ref(), ["entered", "enter failed", "enter dropped"]).await?;
        Ok(Token(self.name))
    }

    async fn exit(&mut self, guard: Token, outcome: Outcome<'_>) -> Result<(), OutOfOrder> {
        assert_eq!(guard.0, self.name, "a guard goes back to the member that gave it");
        self.log.add(format!("{} told {:?}", self.name, outcome.kind()));
        self.act(Phase::Exit, self.exit.as_ref(), ["exited", "exit failed", "exit dropped"]).await
    }

    fn abandon(&mut self, guard: Token) {
        assert_eq!(guard.0, self.name, "a guard goes back to the member that gave it");
        self.log.add(format!("{} abandoned", self.name));
    }

    fn name(&self) -> &str {
        self.name
    }
}

/// A scope of two members, held up in one phase: the second member's enter, the body, or the second member's exit.
#[derive(Clone, Debug)]
pub struct Scene {
    pub phase: Phase,
    pub gate: Gate,
    pub log: Log,
}

impl Scene {
    pub fn held(phase: Phase) -> Self {
        Self { phase, gate: Gate::closed(), log: Log::default() }
    }

    pub fn members(&self) -> (Member, Member) {
        let gate_of = |phase| (phase == self.phase).then(|| self.gate.clone());
        let (enter, exit) = (gate_of(Phase::Enter), gate_of(Phase::Exit));
        (Member::new("a", &self.log), Member { enter, exit, ..Member::new("b", &self.log) })
    }

    pub async fn body(&self) {
        let mut ending = Ending { who: "body", what: "dropped", log: &self.log };
        if self.phase == Phase::Body {
            self.gate.pass().await;
        }
        ending.what = "ended";
    }

    /// The scope as most people open one.
    pub fn plain(&self) -> impl Future<Output = anyhow::Result<()>> + Send + 'static {
        let scene = self.clone();
        Scope::new(self.members()).run(async move |_| {
            scene.body().await;
            Ok(())
        })
    }

    pub fn on(&self, reaper: &Reaper) -> impl Future<Output = anyhow::Result<()>> + Send + 'static {
        let scene = self.clone();
        Scope::new(self.members()).on(reaper).run(async move |_| {
            scene.body().await;
            Ok(())
        })
    }

    /// Law `reaped`: all that entered, or was about to, was exited by awaiting.
    #[track_caller]
    pub fn assert_reaped(&self) {
        let (body, told) = match self.phase {
            Phase::Enter => ("", OutcomeKind::Cancelled),
            Phase::Body => ("; body: dropped", OutcomeKind::Cancelled),
            Phase::Exit => ("; body: ended", OutcomeKind::Completed),
        };
        let each = format!("entered, told {told:?}, exited");
        assert_eq!(self.log.story(), format!("a: {each}; b: {each}{body}"), "{:?}", self.phase);
    }

    /// Laws `drop-any-time` and `exactly-once`: what had entered was abandoned, or its exit had begun.
    #[track_caller]
    pub fn assert_abandoned(&self) {
        let story = match self.phase {
            Phase::Enter => "a: entered, abandoned; b: enter dropped",
            Phase::Body => "a: entered, abandoned; b: entered, abandoned; body: dropped",
            Phase::Exit => "a: entered, told Completed, exited; b: entered, told Completed, exit dropped; body: ended",
        };
        assert_eq!(self.log.story(), story, "{:?}", self.phase);
    }
}
