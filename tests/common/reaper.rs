use crate::run;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use withal::Reaper;

pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What was handed to a reaper.
#[derive(Clone, Default)]
pub struct Tasks(Arc<Mutex<Vec<Task>>>);

impl Tasks {
    #[must_use]
    pub fn pop(&self) -> Option<Task> {
        self.0.lock().unwrap().pop()
    }

    /// Polls all of them to their end.
    pub fn run(&self) {
        while let Some(task) = self.pop() {
            run(task);
        }
    }
}

/// A reaper whose tasks the test polls.
#[must_use]
pub fn reaper() -> (Reaper, Tasks) {
    reaper_that(|| ())
}

/// A reaper whose spawner does this when it has put a task away.
pub fn reaper_that(then: impl Fn() + Send + Sync + 'static) -> (Reaper, Tasks) {
    let tasks = Tasks::default();
    let queue = tasks.clone();
    let reaper = Reaper::new(move |task| {
        queue.0.lock().unwrap().push(task);
        then();
    });
    (reaper, tasks)
}
