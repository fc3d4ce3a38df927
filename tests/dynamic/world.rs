//! Scripted members, polled by hand.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use withal::testing::{Event, Ledger, READY, Script, Scripted, Step};

#[derive(Clone, Default)]
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

    /// What happened since the last call.
    pub fn events(&self) -> Vec<Event> {
        let events = self.0.events();
        self.0.clear();
        events
    }
}

/// Keeps the panics that a test expects out of its output.
pub fn quiet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let message = info.payload().downcast_ref::<String>().map_or("", String::as_str);
            if !message.ends_with("as scripted") {
                loud(info);
            }
        }));
    });
}
