use super::event::Event;
use super::ledger::{Ledger, PhaseRecord};
use crate::outcome::Outcome;
use crate::resource::Resource;
use std::fmt;
use std::format;
use std::panic::panic_any;

/// How a phase of a scripted member ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum End {
    /// It succeeds.
    #[default]
    Ok,
    /// It returns a [`ScriptedError`].
    Error,
    /// It panics, with the message `member 3 panics, as scripted`.
    Panic,
}

/// A phase of a scripted member: a number of pending polls, and then the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Step {
    /// The number of polls that return `Pending`.
    pub pending: usize,
    /// The result of the poll after these.
    pub end: End,
}

/// A phase that succeeds on its first poll.
pub const READY: Step = Step { pending: 0, end: End::Ok };

impl Step {
    /// Returns an error on its first poll.
    #[must_use]
    pub const fn error() -> Self {
        Self { pending: 0, end: End::Error }
    }

    /// Panics on its first poll.
    #[must_use]
    pub const fn panic() -> Self {
        Self { pending: 0, end: End::Panic }
    }

    /// Sets the number of pending polls before the end.
    #[must_use]
    pub const fn pending(self, pending: usize) -> Self {
        Self { pending, ..self }
    }
}

/// The script of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Script {
    /// Its enter.
    pub enter: Step,
    /// Its exit.
    pub exit: Step,
}

/// A member that follows a script, and records its events. Returned by [`Ledger::member`].
#[derive(Debug)]
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Scripted {
    id: usize,
    script: Script,
    ledger: Ledger,
}

impl Scripted {
    pub(super) fn new(id: usize, script: Script, ledger: Ledger) -> Self {
        Self { id, script, ledger }
    }

    /// Replaces the script.
    pub fn set_script(&mut self, script: Script) {
        self.script = script;
    }

    async fn follow(&self, step: Step) -> Result<(), ScriptedError> {
        self.ledger.pend(step.pending).await;
        match step.end {
            End::Ok => Ok(()),
            End::Error => Err(ScriptedError(self.id)),
            End::Panic => panic_any(format!("member {} panics, as scripted", self.id)),
        }
    }
}

/// The guard of a scripted member: it holds the member's number, and cannot be copied.
#[derive(Debug, PartialEq, Eq)]
pub struct Token(pub usize);

/// The error of the scripted member of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptedError(pub usize);

impl fmt::Display for ScriptedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "member {} fails, as scripted", self.0)
    }
}

impl std::error::Error for ScriptedError {}

impl Resource for Scripted {
    type Guard = Token;
    type Error = ScriptedError;

    async fn enter(&mut self) -> Result<Token, ScriptedError> {
        let id = self.id;
        let mut flight = PhaseRecord::enter(&self.ledger, id);
        let entered = flight.during(self.follow(self.script.enter)).await;
        flight.end(if entered.is_ok() { Event::Entered(id) } else { Event::EnterFailed(id) });
        entered.map(|()| Token(id))
    }

    /// # Panics
    ///
    /// If the guard is not that of this member.
    async fn exit(&mut self, guard: Token, outcome: Outcome<'_>) -> Result<(), ScriptedError> {
        let id = self.id;
        assert_eq!(guard.0, id, "a guard goes back to the member that gave it");
        let mut flight = PhaseRecord::exit(&self.ledger, id, outcome);
        let exited = flight.during(self.follow(self.script.exit)).await;
        flight.end(if exited.is_ok() { Event::Exited(id) } else { Event::ExitFailed(id) });
        exited
    }

    /// # Panics
    ///
    /// If the guard is not that of this member.
    fn abandon(&mut self, guard: Token) {
        assert_eq!(guard.0, self.id, "a guard goes back to the member that gave it");
        self.ledger.record(Event::Abandoned(self.id));
    }

    fn exit_dropped(&mut self) {
        self.ledger.record_exit_dropped(self.id);
    }
}
