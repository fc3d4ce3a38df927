use crate::{Log, pend};
use std::convert::Infallible;
use withal::{Outcome, Resource};

/// A member that logs what is done to it. Its guard is its number, which the body may change.
#[derive(Debug)]
pub struct Member {
    id: u32,
    pending: usize,
    log: Log,
}

impl Log {
    /// A member that is ready on its first poll.
    #[must_use]
    pub fn quick(&self, id: u32) -> Member {
        Member { id, pending: 0, log: self.clone() }
    }

    /// A member that is pending once in each phase.
    #[must_use]
    pub fn slow(&self, id: u32) -> Member {
        Member { id, pending: 1, log: self.clone() }
    }
}

impl Resource for Member {
    type Guard = u32;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<u32, Infallible> {
        pend(self.pending).await;
        self.log.add(format!("enter {}", self.id));
        Ok(self.id)
    }

    async fn exit(&mut self, guard: u32, outcome: Outcome<'_>) -> Result<(), Infallible> {
        pend(self.pending).await;
        self.log.add(format!("exit {guard}, {:?}", outcome.kind()));
        Ok(())
    }

    fn abandon(&mut self, guard: u32) {
        self.log.add(format!("abandon {guard}"));
    }
}
