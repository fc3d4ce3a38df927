use std::pin::pin;
use std::task::Poll;
use withal::testing::{Event, Ledger, READY, Script, Scripted, Step};

/// Scripted members, and a ledger that polls and records them.
#[derive(Clone, Debug, Default)]
pub struct World(pub Ledger);

impl World {
    /// A member that is ready at once.
    pub fn ready(&self, id: usize) -> Scripted {
        self.0.member(id, Script::default())
    }

    /// A member whose exit goes like this.
    pub fn exits(&self, id: usize, exit: Step) -> Scripted {
        self.0.member(id, Script { enter: READY, exit })
    }

    /// A member whose enter goes like this.
    pub fn enters(&self, id: usize, enter: Step) -> Scripted {
        self.0.member(id, Script { enter, exit: READY })
    }

    /// Polls to the end.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        for _ in 0..100_000 {
            if let Poll::Ready(output) = self.0.poll(future.as_mut()) {
                return output;
            }
        }
        panic!("it hangs: {:?}", self.0.events());
    }

    /// Returns what happened since the last call.
    #[expect(clippy::must_use_candidate, reason = "a test may forget what happened")]
    pub fn events(&self) -> Vec<Event> {
        let events = self.0.events();
        self.0.clear();
        events
    }
}
