//! Polling by hand, and a reaper whose tasks are polled by hand.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use withal::Reaper;

pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

pub fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a future that needs to be polled a few times, and waits for nobody.
pub fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..100 {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return output;
        }
    }
    panic!("it waits for something");
}

/// Polls often enough that what can be reached is reached.
pub fn settle<F: Future + ?Sized>(mut future: Pin<&mut F>) {
    for _ in 0..3 {
        assert!(poll(future.as_mut()).is_pending());
    }
}

/// The text of the panic that this ends in.
pub fn panic_of<T>(call: impl FnOnce() -> T) -> Option<&'static str> {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(call()))).err()?;
    Some(payload.downcast_ref::<&'static str>().expect("tests panic with text"))
}

/// Panics as `panic!` does, but without a word on the terminal.
pub fn quiet_panic(text: &'static str) -> ! {
    std::panic::resume_unwind(Box::new(text))
}

/// What was handed to a reaper.
#[derive(Clone, Default)]
pub struct Tasks(Arc<Mutex<Vec<Task>>>);

impl Tasks {
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
