use std::sync::{Arc, Mutex};
use withal::{LocalResource, Outcome, OutcomeKind, Resource};

/// What the resource under test did to its member.
#[derive(Clone, Debug, Default)]
pub struct Events(Arc<Mutex<Vec<String>>>);

impl Events {
    fn note(&self, event: impl Into<String>) {
        self.0.lock().unwrap().push(event.into());
    }

    /// Takes what has happened since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A member that fails to exit when it is told of a panic.
pub struct Member(pub Events);

/// What a member gives.
#[derive(Debug)]
pub struct Guard;

impl Resource for Member {
    type Guard = Guard;
    type Error = String;

    async fn enter(&mut self) -> Result<Guard, String> {
        self.0.note("enter");
        Ok(Guard)
    }

    async fn exit(&mut self, _: Guard, outcome: Outcome<'_>) -> Result<(), String> {
        self.0.note(format!("exit {:?}", outcome.kind()));
        if outcome.kind() == OutcomeKind::Panicked { Err("stuck".to_owned()) } else { Ok(()) }
    }

    fn abandon(&mut self, _: Guard) {
        self.0.note("abandon");
    }
}

/// The same that stays on its thread.
pub struct OnThread(pub Member);

impl LocalResource for OnThread {
    type Guard = Guard;
    type Error = String;

    async fn enter(&mut self) -> Result<Guard, String> {
        self.0.enter().await
    }

    async fn exit(&mut self, guard: Guard, outcome: Outcome<'_>) -> Result<(), String> {
        self.0.exit(guard, outcome).await
    }

    fn abandon(&mut self, guard: Guard) {
        self.0.abandon(guard);
    }
}
