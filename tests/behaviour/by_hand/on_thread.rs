use std::cell::Cell;
use std::rc::Rc;
use withal::testing::{Scripted, ScriptedError, Token};
use withal::{LocalResource, Outcome, Resource};

/// A scripted member that stays on its thread, and counts the calls of `exit_dropped` there.
pub struct OnThread(pub Scripted, pub Rc<Cell<u32>>);

impl LocalResource for OnThread {
    type Guard = Token;
    type Error = ScriptedError;

    async fn enter(&mut self) -> Result<Token, ScriptedError> {
        self.0.enter().await
    }

    async fn exit(&mut self, guard: Token, outcome: Outcome<'_>) -> Result<(), ScriptedError> {
        self.0.exit(guard, outcome).await
    }

    fn abandon(&mut self, guard: Token) {
        self.0.abandon(guard);
    }

    fn exit_dropped(&mut self) {
        self.0.exit_dropped();
        self.1.set(self.1.get() + 1);
    }
}
