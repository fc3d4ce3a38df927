use std::sync::{Arc, Mutex};

/// What happened, in its order, in the words of the test. Clones share one log.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn add(&self, event: impl Into<String>) {
        self.0.lock().unwrap().push(event.into());
    }

    /// Returns what happened since the last call.
    #[expect(clippy::must_use_candidate, reason = "a test may forget what happened")]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// Returns what happened since the last call, in one line.
    #[expect(clippy::must_use_candidate, reason = "a test may forget what happened")]
    pub fn line(&self) -> String {
        self.take().join(", ")
    }

    /// Returns what happened to each: to whom is the first word of an event. It may be up to a runtime who comes first,
    /// but not whether the body ends before anybody is exited (law `body-between`).
    #[must_use]
    pub fn story(&self) -> String {
        let events = self.0.lock().unwrap().clone();
        let mut events: Vec<_> = events.iter().map(|event| event.split_once(' ').expect("who, and what")).collect();
        let ended = events.iter().position(|(who, _)| *who == "body");
        let exits = events.iter().position(|(_, what)| what.starts_with("told"));
        assert!(ended < exits || ended.is_none() || exits.is_none(), "`body-between`: {events:?}");
        events.sort_by_key(|(who, _)| *who);
        let of_each = events.chunk_by(|(one, _), (other, _)| one == other);
        let lines = of_each.map(|events| {
            let whats: Vec<_> = events.iter().map(|(_, what)| *what).collect();
            format!("{}: {}", events[0].0, whats.join(", "))
        });
        lines.collect::<Vec<_>>().join("; ")
    }
}
